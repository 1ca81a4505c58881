-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member's switch: one purpose or inner node of the tree, for some recipient classes, becomes one event per assignable
--          code below it and class. A code added later has no consent. given and renewed cite the current notice.
-- Outcomes: created, not_found, forbidden, stale, invalid, idempotency_conflict.
-- Locks: those of log.replay; advisory lock of the pool, exclusive.
CREATE OR REPLACE FUNCTION licensing.record_consent(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'record_consent', p_body);
    v_pool licensing.pool := licensing.find_pool(p_body ->> 'pool');
    v_notice integer;
    v_event licensing.consent_event;
    v_purpose text;
    v_class text;
    v_events integer := 0;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF v_pool.pool_id IS NULL OR v_pool.state = 'draft' THEN
        RETURN log.refusal('not_found', 'there is no such pool');
    ELSIF p_body ->> 'state' IN ('given', 'renewed') AND NOT licensing.is_member(p_actor) THEN
        RETURN log.refusal('forbidden', 'only active members give consent');
    END IF;
    IF NOT EXISTS (SELECT FROM licensing.purpose AS p WHERE p.code = p_body ->> 'purpose') THEN
        RETURN log.refusal('invalid', 'unknown purpose', pg_catalog.jsonb_build_array(licensing.field_error('/purpose', 'not a code of the tree')));
    ELSIF (p_body ->> 'until')::timestamptz <= pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('invalid', 'ends in the past', pg_catalog.jsonb_build_array(licensing.field_error('/until', 'lies in the past')));
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_pool.pool_id));
    SELECT pg_catalog.max(n) INTO v_notice FROM licensing.notice WHERE pool_id = v_pool.pool_id;
    IF p_body ->> 'state' IN ('given', 'renewed') AND (p_body ->> 'notice')::integer IS DISTINCT FROM v_notice THEN
        RETURN log.refusal('stale', 'notice ' || v_notice || ' is the current one: read it, then consent to it');
    END IF;
    PERFORM licensing.bump_consent_epoch(v_pool.pool_id);
    v_event.record_id := log.new_id();
    v_event.member_id := p_actor;
    v_event.pool_id := v_pool.pool_id;
    v_event.state := p_body ->> 'state';
    v_event.type := COALESCE(p_body ->> 'type', 'expressed');
    v_event.notice := v_notice;
    v_event.language := COALESCE(p_body ->> 'language', 'en');
    v_event.at := pg_catalog.clock_timestamp();
    v_event.until := (p_body ->> 'until')::timestamptz;
    v_event.actor := 'member';
    FOR v_purpose, v_class IN
        SELECT p.code, k.class FROM licensing.purpose_below AS b JOIN licensing.purpose AS p ON p.code = b.code AND p.assignable,
            pg_catalog.jsonb_array_elements_text(p_body -> 'recipient_classes') AS k (class)
        WHERE b.ancestor = p_body ->> 'purpose' ORDER BY p.position, k.class LOOP
        v_event.purpose := v_purpose;
        v_event.recipient_class := v_class;
        PERFORM licensing.append_consent(v_event);
        v_events := v_events + 1;
    END LOOP;
    RETURN log.remember('licensing', p_actor::text, p_key, 'record_consent', p_body, log.answer('created',
        pg_catalog.jsonb_build_object('record_id', v_event.record_id, 'pool', v_pool.ref, 'state', v_event.state, 'notice', v_notice,
            'events', v_events, 'at', log.time_text(v_event.at))));
END
$$;
