-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what inputs have beside their recipients and contributions: members of distribution-inputs/1 without those arrays. Balances are those
--          of the accounts until_target steps fill.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_facts(p_rule jsonb, p_pot numeric, p_fees numeric) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('schema', 'distribution-inputs/1', 'currency', payout.currency(), 'pot', p_pot, 'rail_fees', p_fees,
        'balances', (SELECT COALESCE(pg_catalog.jsonb_object_agg(t.account, COALESCE(-b.minor, 0)), '{}')
            FROM (SELECT DISTINCT e->>'to' AS account FROM pg_catalog.jsonb_array_elements(p_rule->'steps') AS e WHERE e->>'kind' = 'until_target') AS t
            LEFT JOIN payout.account AS a ON a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path = t.account
            LEFT JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id));
$$;
