-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens Payable for everybody who may get a line of a run and has none: who has contributed to the pool, and whom an assign step names.
-- Outcomes: none.
-- Locks: the unique index of payout.account.
CREATE OR REPLACE FUNCTION payout.open_payables(p_pool uuid, p_rule jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH opened AS (
        INSERT INTO payout.account (owner_id, path, kind, min_minor, max_minor)
        SELECT m.member_id, 'Liabilities:Member:' || m.member_id || ':Payable', c.kind, c.min_minor, c.max_minor
        FROM (SELECT o.member_id FROM licensing.contribution_overview AS o WHERE o.pool_id = p_pool
            UNION SELECT (e->>'recipient')::uuid FROM pg_catalog.jsonb_array_elements(p_rule->'steps') AS e
            WHERE e->>'kind' = 'assign' AND e->>'recipient' ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$') AS m
        CROSS JOIN payout.chart AS c
        WHERE c.shape = 'Liabilities:Member:*:Payable' AND NOT EXISTS (SELECT FROM payout.account AS a
            WHERE a.owner_id = m.member_id AND a.path = 'Liabilities:Member:' || m.member_id || ':Payable')
        ORDER BY m.member_id
        ON CONFLICT (owner_id, path) DO NOTHING
        RETURNING owner_id, account_id, path, min_minor, max_minor)
    INSERT INTO payout.balance (owner_id, account_id, min_minor, max_minor, class)
    SELECT owner_id, account_id, min_minor, max_minor, payout.account_class(owner_id, path) FROM opened;
$$;
