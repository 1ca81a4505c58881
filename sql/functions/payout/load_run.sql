-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the facts of an open run for its inputs: pot, fees, balances of target accounts, recipients and contributions, all as distribution-inputs/1 members; the rule's text beside.
-- Outcomes: ok, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_run(p_run uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_rule text;
    v_doc jsonb;
    v_end date;
    v_from date;
    v_carried bigint;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run;
    SELECT pg_catalog.convert_from(bytes, 'UTF8') INTO v_rule FROM payout.evidence WHERE sha256 = v_run.rule_sha256;
    v_doc := v_rule::jsonb;
    v_end := (v_run.service_month + '1 month'::interval)::date;
    SELECT v_end - COALESCE(pg_catalog.max((e->'eligible'->>'window_days')::integer), 31) INTO v_from FROM pg_catalog.jsonb_array_elements(v_doc->'steps') AS e;
    SELECT COALESCE(pg_catalog.sum(r.carried), 0) INTO v_carried FROM payout.run AS r WHERE r.carried_to = p_run;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('rule', v_rule, 'carried_in', v_carried,
        'usage_root', (SELECT s.root::text FROM metering.seal_overview AS s WHERE s.pool_id = v_run.pool_id AND s.month = v_run.service_month LIMIT 1),
        'rows', (SELECT pg_catalog.count(*) FROM metering.sealed_usage_overview AS u WHERE u.pool_id = v_run.pool_id AND u.month = v_run.service_month),
        'units', (SELECT COALESCE(pg_catalog.sum(u.units), 0) FROM metering.sealed_usage_overview AS u WHERE u.pool_id = v_run.pool_id AND u.month = v_run.service_month),
        'inputs', pg_catalog.jsonb_build_object('schema', 'distribution-inputs/1', 'run_id', 'run-0', 'currency', v_run.currency,
            'pot', v_carried + (SELECT pg_catalog.sum(u.minor) FROM payout.run_receipt AS u WHERE u.run = p_run),
            'rail_fees', (SELECT COALESCE(pg_catalog.sum(f.minor), 0) FROM payout.run_fee AS f WHERE f.run = p_run),
            'balances', (SELECT COALESCE(pg_catalog.jsonb_object_agg(t.account, COALESCE(-b.minor, 0)), '{}')
                FROM (SELECT DISTINCT e->>'to' AS account FROM pg_catalog.jsonb_array_elements(v_doc->'steps') AS e WHERE e->>'kind' = 'until_target') AS t
                LEFT JOIN payout.account AS a ON a.path = t.account LEFT JOIN payout.balance AS b ON b.owner_id = a.owner_id AND b.account_id = a.account_id),
            'recipients', payout.run_recipients(v_run.pool_id, v_run.service_month, v_from, v_doc),
            'contributions', payout.run_contributions(v_run.pool_id, v_run.service_month, v_from))));
END
$$;
