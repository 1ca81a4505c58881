-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a dry run shares: what the next run of a pool and month would, or an amount named, under the rule that run would have, or a draft of
--          one. Body: {pool, month, licensee?, pot?, rule?, external?}. Nothing is claimed and nothing is kept.
-- Outcomes: ok {rule, inputs: text without its run id, all: whether the asker sees every line}; nothing_to_distribute, too_many_members,
--           not_found, invalid, rule_invalid.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_dry_run(p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_most CONSTANT integer := 20000;
    v_month date := ((p_body->>'month') || '-01')::date;
    v_pool uuid := (SELECT p.pool_id FROM licensing.contribution_overview AS p WHERE p.pool = p_body->>'pool' LIMIT 1);
    v_licensee uuid := (p_body->>'licensee')::uuid;
    v_scope record;
    v_rule text := log.canonical(p_body->'rule');
    v_checked log.answer;
    v_sum record;
BEGIN
    IF v_pool IS NULL THEN
        RETURN log.refusal('not_found', 'there is no pool ' || (p_body->>'pool') || ' with contributions');
    END IF;
    IF v_rule IS NOT NULL THEN
        v_checked := payout.check_rule(p_body->'rule');
        IF v_checked.outcome <> 'ok' THEN
            RETURN v_checked;
        END IF;
    END IF;
    v_checked := CASE WHEN p_body ? 'external' THEN payout.check_external(p_body->'external') END;
    IF v_checked.outcome IS NOT NULL THEN
        RETURN v_checked;
    END IF;
    SELECT * INTO v_scope FROM payout.run_scope(p_body - 'external');
    v_rule := COALESCE(v_rule, (SELECT b.canonical FROM governance.benefit_rule_in_force AS b WHERE b.sha256 = v_scope.rule_sha256 LIMIT 1),
        (SELECT b.canonical FROM payout.rule_at(pg_catalog.now()) AS b));
    SELECT pg_catalog.sum(s.minor) AS pot, (SELECT pg_catalog.sum(r.fee) FROM payout.receipt AS r WHERE r.txn_id = ANY (pg_catalog.array_agg(s.txn_id))
        AND NOT EXISTS (SELECT FROM payout.run_fee AS f WHERE f.txn_id = r.txn_id)) AS fees
    INTO v_sum FROM payout.free_slices(p_body->>'pool', v_month, v_licensee) AS s WHERE s.rule_sha256 = v_scope.rule_sha256;
    v_sum.pot := COALESCE((p_body->'pot'->>'minor')::bigint, v_sum.pot + COALESCE((SELECT pg_catalog.sum(r.carried) FROM payout.run AS r WHERE r.pool_id = v_pool
        AND r.state = 'posted' AND r.carried_to IS NULL AND (r.licensee IS NULL OR v_licensee IS NULL OR r.licensee = v_licensee)), 0));
    IF v_sum.pot IS NULL THEN
        RETURN log.refusal('nothing_to_distribute', 'no paid slice of this pool and month waits: name a pot');
    END IF;
    IF (SELECT pg_catalog.count(*) FROM (SELECT DISTINCT c.member_id FROM licensing.contribution_overview AS c WHERE c.pool_id = v_pool LIMIT c_most + 1) AS m) > c_most THEN
        RETURN log.refusal('too_many_members', 'more than ' || c_most || ' members contribute to this pool: use commonhold calc distribute');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('rule', v_rule, 'all', COALESCE(governance.is_office(p_actor, 'treasurer'), false),
        'inputs', pg_catalog.rtrim(log.canonical(payout.run_facts(v_rule::jsonb, v_sum.pot, COALESCE(v_sum.fees, 0))), '}')
            || ',"recipients":[' || COALESCE((SELECT pg_catalog.string_agg(r, ',') FROM payout.run_recipients(v_pool, v_month, v_licensee, v_rule::jsonb, p_body->'external') AS r), '')
            || '],"contributions":[' || COALESCE((SELECT pg_catalog.string_agg(c, ',') FROM payout.run_contributions(v_pool, v_month, v_licensee, v_rule::jsonb, p_body->'external') AS c), '') || ']}'));
END
$$;
