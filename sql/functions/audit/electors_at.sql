-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A2 and GOV-R1: who was to be on the roll of a vote under this rule row at an instant, from dated rows alone: board members in good standing,
--          or everybody who was active, no observer, long enough in the class (founders at once) and had dues covered, or was
--          admitted no longer ago than the grace lasts (governance.md section 1).
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.electors_at(p_rule jsonb, p_at timestamptz) RETURNS TABLE (member_id uuid, class text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH charter AS (
        SELECT (c.doc #>> '{durations,min_tenure_seconds}')::bigint * interval '1 second' AS tenure, (c.doc #>> '{dues,amount,minor}')::bigint AS dues,
            (c.doc #>> '{dues,grace_seconds}')::bigint * interval '1 second' AS grace FROM governance.charter AS c),
    standing AS (SELECT DISTINCT ON (s.member_id) s.member_id, s.standing FROM governance.standing AS s WHERE s.since_at <= p_at ORDER BY s.member_id, s.seq DESC),
    spell AS (SELECT DISTINCT ON (k.member_id) k.member_id, k.class, k.from_at FROM governance.class_spell AS k WHERE k.seq = 1 OR k.from_at <= p_at ORDER BY k.member_id, k.seq DESC)
    SELECT m.member_id, k.class::text FROM standing AS s JOIN governance.member AS m USING (member_id) JOIN spell AS k USING (member_id) CROSS JOIN charter AS c
    WHERE s.standing = 'active' AND CASE WHEN p_rule ->> 'electorate' = 'board' THEN EXISTS (
            SELECT FROM governance.office AS o LEFT JOIN governance.office_end AS e ON e.office_id = o.id
            WHERE o.member_id = m.member_id AND o.body = 'board' AND o.from_at <= p_at AND o.until_at > p_at AND (e.at IS NULL OR e.at > p_at))
        ELSE NOT m.observer AND (m.founder OR k.from_at + c.tenure <= p_at) AND (c.dues = 0 OR EXISTS (
            SELECT FROM governance.standing AS a LEFT JOIN governance.standing AS b ON b.member_id = a.member_id AND b.seq = a.seq - 1 WHERE a.member_id = m.member_id
                AND a.standing = 'active' AND COALESCE(b.standing, 'applied') = 'applied' AND a.since_at <= p_at AND a.since_at + c.grace > p_at) OR EXISTS (
            SELECT FROM governance.dues AS d WHERE d.member_id = m.member_id AND d.recorded_at <= p_at AND d.from_at <= p_at AND d.until_at + c.grace > p_at)) END;
$$;
