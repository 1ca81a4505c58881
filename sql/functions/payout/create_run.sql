-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens a run for a pool and service month. Body: {pool, month, licensee?, external?}. The rule is the one in force when the oldest
--          money that waits was received; what came under later rules, and what comes later, gets runs of its own. external: weights from
--          outside (payout.check_external), which a rule that weighs by them asks for.
-- Outcomes: opened, nothing_to_distribute, invalid, forbidden, not_found, idempotency_conflict.
-- Locks: advisory on the pool, so that two runs never collect at once.
CREATE OR REPLACE FUNCTION payout.create_run(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_run', p_body);
    v_scope record;
    v_id uuid := log.new_id();
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer opens runs');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('run ' || (p_body->>'pool'), 0));
    SELECT * INTO v_scope FROM payout.run_scope(p_body);
    IF (v_scope.refusal).outcome IS NOT NULL THEN
        RETURN v_scope.refusal;
    END IF;
    INSERT INTO payout.run (id, pool_id, pool, service_month, licensee, rule, rule_version, rule_sha256, state, currency, opened_by, external_sha256)
    SELECT v_id, v_scope.pool_id, p_body->>'pool', v_scope.month, v_scope.licensee, b.rule, b.version,
        payout.store_evidence('application/json', pg_catalog.convert_to(b.canonical, 'UTF8')), 'open', payout.currency(), p_actor,
        CASE WHEN p_body ? 'external' THEN payout.store_document(p_body->'external') END
    FROM governance.benefit_rule_in_force AS b WHERE b.sha256 = v_scope.rule_sha256 ORDER BY b.from_at DESC LIMIT 1;
    PERFORM payout.claim_slices(v_id);
    PERFORM job.enqueue('advance_run', v_id::text, pg_catalog.jsonb_build_object('run', v_id));
    RETURN log.remember('payout', p_actor::text, p_key, 'create_run', p_body, log.answer('opened', payout.run_json(v_id)));
END
$$;
