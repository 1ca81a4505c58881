-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where the money of pools and the reserve stands: each pool's accounts, and the reserve against the targets of the rule in force.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_positions(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_currency text := payout.currency();
    v_reserve bigint;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer reads the ledger');
    END IF;
    SELECT COALESCE(-pg_catalog.sum(b.minor), 0) INTO v_reserve FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id) WHERE a.path = 'Equity:Reserve:Legal';
    RETURN log.answer('ok', pg_catalog.jsonb_build_object(
        'pools', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', x.pool, 'accounts', x.accounts) ORDER BY x.pool)
            FROM (SELECT pg_catalog.split_part(a.path, ':', 3) AS pool, pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('state', pg_catalog.lower(pg_catalog.split_part(a.path, ':', 4)),
                    'amount', payout.money(CASE WHEN a.path LIKE '%:Clawback' THEN b.minor ELSE -b.minor END, v_currency),
                    'postings', '/payout/v1/accounts/' || a.account_id || '/postings') ORDER BY a.path) AS accounts
                  FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
                  WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path LIKE 'Liabilities:Pool:%' GROUP BY 1) AS x), '[]'),
        'reserve', pg_catalog.jsonb_build_object('balance', payout.money(v_reserve, v_currency),
            'targets', COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('rule', r.rule, 'version', r.version, 'step', s->>'id',
                    'target', payout.money((s->>'target')::bigint, v_currency), 'missing', payout.money(GREATEST(0, (s->>'target')::bigint - v_reserve), v_currency)) ORDER BY r.rule, s->>'id')
                FROM governance.benefit_rule_in_force AS r, LATERAL pg_catalog.jsonb_array_elements(r.doc->'steps') AS s
                WHERE r.from_at <= pg_catalog.now() AND (r.until_at IS NULL OR r.until_at > pg_catalog.now()) AND s->>'kind' = 'until_target' AND s->>'to' = 'Equity:Reserve:Legal'), '[]'))));
END
$$;
