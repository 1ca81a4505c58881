-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A5: who was to be listed in a run's inputs and as what, from dated rows: everybody with a contribution accepted by the month's
--          end, or by the collecting where that was before, and whom an assign step names. sure: nothing of it changed while the inputs were
--          collected.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.people_of(p_run uuid)
RETURNS TABLE (id text, contributes boolean, status text, verified boolean, tenure bigint, sure boolean)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH run AS (
        SELECT r.pool_id, audit.rule_of(r.id) AS rule, LEAST(m.ended, c.low) AS low, LEAST(m.ended, c.high) AS high
        FROM payout.run AS r CROSS JOIN LATERAL audit.collected(r.id) AS c CROSS JOIN LATERAL (SELECT (r.service_month + interval '1 month') AT TIME ZONE 'UTC' AS ended) AS m WHERE r.id = p_run),
    contributor AS (
        SELECT c.member_id, pg_catalog.min(c.decided_at) < r.low AS sure FROM run AS r JOIN licensing.contribution AS c ON c.pool_id = r.pool_id
        WHERE c.decided_at < r.high AND c.rows IS NOT NULL GROUP BY c.member_id, r.low),
    person AS (
        SELECT c.member_id, true AS contributes, c.sure FROM contributor AS c
        UNION ALL
        SELECT DISTINCT (s ->> 'recipient')::uuid, false, true FROM run AS r CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(r.rule -> 'steps') AS s
        WHERE s ->> 'kind' = 'assign' AND s ->> 'recipient' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' AND NOT EXISTS (SELECT FROM contributor AS c WHERE c.member_id::text = s ->> 'recipient')),
    standing AS (
        SELECT s.member_id, (pg_catalog.array_agg(s.standing ORDER BY s.seq DESC))[1] AS standing, pg_catalog.max(s.since_at) < r.low AS sure
        FROM run AS r JOIN governance.standing AS s ON s.since_at < r.high GROUP BY s.member_id, r.low)
    SELECT p.member_id::text, p.contributes, CASE WHEN s.standing IS NULL OR s.standing = 'applied' THEN 'suspended' ELSE s.standing END,
        p.contributes AND s.standing IS NOT NULL AND m.joined_at < r.high, CASE WHEN p.contributes AND s.standing IS NOT NULL THEN (12 * EXTRACT(YEAR FROM a.span) + EXTRACT(MONTH FROM a.span))::bigint ELSE 0 END,
        p.sure AND COALESCE(s.sure, true) AND COALESCE(m.joined_at < r.low, true)
    FROM run AS r CROSS JOIN person AS p LEFT JOIN standing AS s ON s.member_id = p.member_id LEFT JOIN governance.member AS m ON m.member_id = p.member_id
    CROSS JOIN LATERAL (SELECT pg_catalog.age(pg_catalog.timezone('UTC', r.high), pg_catalog.timezone('UTC', m.joined_at)) AS span) AS a;
$$;
