-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one action withdraws everything that permits now, of one pool and purpose (inner nodes included) or of all; no reason
--          is asked. t0 is the commit.
-- Outcomes: ok, not_found, invalid, idempotency_conflict.
-- Locks: those of log.replay; advisory locks of the pools, exclusive, in id order.
CREATE OR REPLACE FUNCTION licensing.withdraw_consents(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'withdraw_consents', p_body);
    v_only uuid := (licensing.find_pool(p_body ->> 'pool')).pool_id;
    v_pool uuid;
    v_record uuid := log.new_id();
    v_events integer := 0;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF p_body ? 'pool' AND v_only IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such pool');
    ELSIF p_body ? 'purpose' AND NOT EXISTS (SELECT FROM licensing.purpose AS p WHERE p.code = p_body ->> 'purpose') THEN
        RETURN log.refusal('invalid', 'unknown purpose', pg_catalog.jsonb_build_array(licensing.field_error('/purpose', 'not a code of the tree')));
    END IF;
    FOR v_pool IN SELECT DISTINCT c.pool_id FROM licensing.consent_current AS c
        WHERE c.member_id = p_actor AND c.permits AND (v_only IS NULL OR c.pool_id = v_only) ORDER BY c.pool_id LOOP
        PERFORM licensing.bump_consent_epoch(v_pool);
        v_events := v_events + licensing.write_withdrawals(p_actor, v_pool, p_body ->> 'purpose', v_record);
    END LOOP;
    RETURN log.remember('licensing', p_actor::text, p_key, 'withdraw_consents', p_body, log.answer('ok',
        pg_catalog.jsonb_build_object('record_id', v_record, 'events', v_events,
            'at', log.time_text(pg_catalog.clock_timestamp()))));
END
$$;
