-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens a run for a pool and service month. Body: {pool, month, licensee?}. The rule is the one in force when the oldest unused receipt of the scope was booked; later rules get runs of their own.
-- Outcomes: opened, nothing_to_distribute, forbidden, not_found, idempotency_conflict.
-- Locks: advisory on the pool and month, so that two runs never collect at once.
CREATE OR REPLACE FUNCTION payout.create_run(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_run', p_body);
    v_month date := ((p_body->>'month') || '-01')::date;
    v_rule record;
    v_slice record;
    v_id uuid := log.new_id();
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer opens runs');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('run ' || (p_body->>'pool'), 0));
    SELECT s.pool_id, r.received_at INTO v_slice
    FROM payout.receipt_slice AS s JOIN payout.receipt AS r ON r.txn_id = s.txn_id JOIN payout.invoice AS i ON i.id = s.invoice_id
    WHERE s.pool = p_body->>'pool' AND s.service_month = v_month AND ((p_body->>'licensee') IS NULL OR i.licensee = (p_body->>'licensee')::uuid)
        AND NOT EXISTS (SELECT FROM payout.run_receipt AS u WHERE u.receipt_slice_id = s.id)
    ORDER BY r.received_at, s.id LIMIT 1;
    IF NOT FOUND OR NOT (v_month + '1 month'::interval <= payout.today() OR EXISTS (SELECT FROM metering.seal_overview AS m
        WHERE m.pool_id = v_slice.pool_id AND m.month = v_month)) THEN
        RETURN log.refusal('nothing_to_distribute', 'no paid slice of this pool and month waits: it is paid and its month is over or sealed before it counts');
    END IF;
    SELECT b.rule, b.version, b.sha256, b.canonical, b.doc INTO v_rule FROM governance.benefit_rule_in_force AS b
    WHERE b.from_at <= v_slice.received_at AND (b.until_at IS NULL OR b.until_at > v_slice.received_at) ORDER BY b.from_at DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'no benefit rule was in force when the money was received');
    END IF;
    IF v_rule.doc->>'pot_scope' = 'licensee' AND p_body->>'licensee' IS NULL THEN
        RETURN log.refusal('invalid', 'the rule shares per licensee: name one', '[{"pointer": "/licensee", "detail": "is required by the rule"}]');
    END IF;
    INSERT INTO payout.run (id, pool_id, pool, service_month, licensee, rule, rule_version, rule_sha256, state, currency, opened_by)
    VALUES (v_id, v_slice.pool_id, p_body->>'pool', v_month, CASE WHEN v_rule.doc->>'pot_scope' = 'licensee' THEN (p_body->>'licensee')::uuid END, v_rule.rule,
        v_rule.version, payout.store_evidence('application/json', pg_catalog.convert_to(v_rule.canonical, 'UTF8')), 'open', payout.currency(), p_actor);
    PERFORM payout.claim_slices(v_id);
    PERFORM job.enqueue('advance_run', v_id::text, pg_catalog.jsonb_build_object('run', v_id));
    RETURN log.remember('payout', p_actor::text, p_key, 'create_run', p_body, log.answer('opened', payout.run_json(v_id)));
END
$$;
