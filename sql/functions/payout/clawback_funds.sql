-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a clawback takes of each fund, its own line and the part that comes first out of the refund fund together, and how much of it the fund
--          still has.
-- Outcomes: rows.
-- Locks: none; the caller holds the balances.
CREATE OR REPLACE FUNCTION payout.clawback_funds(p_result jsonb, p_first text) RETURNS TABLE (path text, minor bigint, paid bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT x.path, x.minor, LEAST(x.minor, COALESCE(-b.minor, 0))
    FROM (SELECT f.path, pg_catalog.sum(f.minor)::bigint AS minor FROM (
            SELECT l.id AS path, l.amount AS minor FROM pg_catalog.jsonb_to_recordset(p_result->'lines') AS l (id text, amount bigint) WHERE l.id ~ ':'
            UNION ALL SELECT p_first, (p_result->>'from_fund')::bigint WHERE p_first IS NOT NULL) AS f GROUP BY f.path) AS x
    LEFT JOIN payout.account AS a ON a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path = x.path
    LEFT JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id
    WHERE x.minor > 0;
$$;
