-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: G1. Of a month: whoever priced, ran, made, released, closed or decided held the office for it at the time; who declared a conflict of interest did not
--          decide. Of the seats: nobody held two at once that exclude each other. Who approved what is O4's.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_separation(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.object_type, a.object_id, a.act, a.body || ' in office', a.actor::text, 'who did this did not hold the office for it then: see the terms of office, and what else this person did'
    FROM audit.acts_in(CASE WHEN p_unit <> 'seats' THEN p_unit::date END) AS a
    WHERE NOT EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.member_id = a.actor AND o.body = a.body AND o.from_at <= a.at AND (o.until_at IS NULL OR o.until_at > a.at))
    UNION ALL
    SELECT 'council_case', v.case_id::text, 'vote of ' || v.member_id, 'none: a conflict of interest was declared', v.choice, 'somebody with an interest in the case decided it'
    FROM governance.council_vote AS v
    WHERE p_unit <> 'seats' AND v.conflict IS NOT NULL AND v.choice IS NOT NULL AND audit.month_of(v.at)::text = p_unit
    UNION ALL
    SELECT 'office', o.office_id::text, 'beside ' || b.office_id, 'not at one time', o.body || ' and ' || b.body, 'one person sat in two bodies that must be two persons: what was decided meanwhile is open to question'
    FROM governance.office_in_force AS o JOIN governance.office_in_force AS b ON b.member_id = o.member_id AND b.office_id <> o.office_id
        AND o.from_at < COALESCE(b.until_at, 'infinity') AND b.from_at < COALESCE(o.until_at, 'infinity')
    WHERE p_unit = 'seats' AND (o.body, b.body) IN (('board', 'council'), ('appeals', 'board'), ('appeals', 'council'), ('appeals', 'treasurer'), ('appeals', 'licensing_officer'),
        ('appeals', 'membership_officer'));
$$;
