-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A6 for one run: each target used a balance its account had while the inputs were collected, and the inputs name the accounts of
--          targets and no others (p_inputs: what the frozen inputs say besides their lists; NULL where the stored bytes are others, which A3 tells).
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_balances(p_unit text, p_inputs jsonb)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH target AS (
        SELECT DISTINCT s ->> 'to' AS path FROM pg_catalog.jsonb_array_elements(audit.rule_of(p_unit::uuid) -> 'steps') AS s WHERE s ->> 'kind' = 'until_target'),
    moved AS (
        SELECT t.path, x.recorded_at, -p.minor::numeric AS minor FROM target AS t JOIN payout.account AS a ON a.path = t.path AND a.owner_id = '00000000-0000-0000-0000-000000000000'
        JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id JOIN payout.txn AS x ON x.txn_id = p.txn_id AND x.month = p.month),
    moment AS (
        SELECT t.path, k.low AS at FROM target AS t CROSS JOIN audit.collected(p_unit::uuid) AS k
        UNION SELECT m.path, m.recorded_at FROM moved AS m CROSS JOIN audit.collected(p_unit::uuid) AS k WHERE m.recorded_at > k.low AND m.recorded_at <= k.high),
    stood AS (
        SELECT m.path, m.at, COALESCE((SELECT pg_catalog.sum(v.minor) FROM moved AS v WHERE v.path = m.path AND v.recorded_at <= m.at), 0) AS minor FROM moment AS m),
    due AS (
        SELECT s.path, pg_catalog.array_agg(s.minor) AS any_of, pg_catalog.string_agg(DISTINCT s.minor::text, ' or ') AS text, (pg_catalog.array_agg(s.minor ORDER BY s.at DESC))[1] AS last FROM stood AS s GROUP BY s.path),
    used AS (SELECT b.key AS path, b.value::numeric AS minor FROM pg_catalog.jsonb_each_text(p_inputs -> 'balances') AS b)
    SELECT 'run', p_unit, 'balance of ' || COALESCE(d.path, u.path), COALESCE(d.text, 'none'), COALESCE(u.minor::text, 'none'), (u.minor - d.last)::bigint, CASE WHEN u.minor <> d.last THEN 'trust' END,
        'a target was filled from another balance than its account had when the run began'
    FROM due AS d FULL JOIN used AS u ON u.path = d.path WHERE (u.minor = ANY (d.any_of)) IS NOT TRUE AND p_inputs -> 'balances' IS NOT NULL;
$$;
