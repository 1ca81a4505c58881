-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one action withdraws everything that permits now, of one pool and purpose (inner nodes included) or of all; no reason
--          is asked.
-- Outcomes: ok, idempotency_conflict.
-- Locks: those of log.replay; advisory locks of the pools, exclusive, in id order.
CREATE OR REPLACE FUNCTION licensing.withdraw_consents(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'withdraw_consents', p_body);
    v_pool uuid;
    v_event licensing.consent_event;
    v_record uuid := log.new_id();
    v_events integer := 0;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    FOR v_pool IN SELECT DISTINCT c.pool_id FROM licensing.consent_current AS c JOIN licensing.pool AS p USING (pool_id)
        WHERE c.member_id = p_actor AND c.permits AND (p_body ->> 'pool' IS NULL OR p.ref = p_body ->> 'pool') ORDER BY c.pool_id LOOP
        PERFORM licensing.bump_consent_epoch(v_pool);
        FOR v_event IN SELECT NULL::uuid, NULL::bigint, v_record, p_actor, c.pool_id, c.purpose, c.recipient_class, 'withdrawn',
                'expressed', (SELECT pg_catalog.max(n.n) FROM licensing.notice AS n WHERE n.pool_id = v_pool), 'en',
                pg_catalog.clock_timestamp(), NULL::timestamptz, 'member'
            FROM licensing.consent_current AS c
            WHERE c.pool_id = v_pool AND c.member_id = p_actor AND c.permits AND (p_body ->> 'purpose' IS NULL OR c.purpose IN (
                SELECT b.code FROM licensing.purpose_below AS b WHERE b.ancestor = p_body ->> 'purpose')) LOOP
            PERFORM licensing.append_consent(v_event);
            v_events := v_events + 1;
        END LOOP;
    END LOOP;
    RETURN log.remember('licensing', p_actor::text, p_key, 'withdraw_consents', p_body, log.answer('ok',
        pg_catalog.jsonb_build_object('record_id', v_record, 'events', v_events,
            'at', log.time_text(pg_catalog.clock_timestamp()))));
END
$$;
