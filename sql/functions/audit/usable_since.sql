-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: members who have an account to be paid on at p_as_of and had one at p_before too: the newest version whose cool-down was over, unless it was
--          blocked by then.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.usable_since(p_before timestamptz, p_as_of timestamptz) RETURNS TABLE (member_id uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH version AS MATERIALIZED (
        SELECT a.member_id, a.version, u.at AS usable_at, k.at AS blocked_at
        FROM payout.payee_account AS a JOIN (SELECT e.id, pg_catalog.min(e.usable_at) AS at FROM payout.payee_account_event AS e WHERE e.usable_at IS NOT NULL GROUP BY e.id) AS u USING (id)
        LEFT JOIN payout.payee_account_event AS k ON k.id = a.id AND k.kind = 'blocked'),
    newest AS (
        SELECT DISTINCT ON (i.at, v.member_id) i.at, v.member_id, v.blocked_at <= i.at AS blocked
        FROM (VALUES (p_before), (p_as_of)) AS i (at) JOIN version AS v ON v.usable_at <= i.at ORDER BY i.at, v.member_id, v.version DESC)
    SELECT n.member_id FROM newest AS n WHERE NOT COALESCE(n.blocked, false) GROUP BY n.member_id HAVING pg_catalog.count(*) = CASE WHEN p_before = p_as_of THEN 1 ELSE 2 END;
$$;
