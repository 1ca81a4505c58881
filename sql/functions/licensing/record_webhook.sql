-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the end of an attempt, under its lease. p_result: {verdict: delivered | failed | gone, status, error, ms, next_ms}; next_ms is
--          missing when no other attempt follows. Gone disables the endpoint and ends all that waits for it. The organisation's people are
--          told once a day for each endpoint that something could not be delivered, tests aside.
-- Outcomes: ok; stale when somebody else holds the lease by now: they record, and this attempt counts for nothing.
-- Locks: the endpoint's row, then the delivery's.
CREATE OR REPLACE FUNCTION licensing.record_webhook(p_endpoint uuid, p_event uuid, p_lease uuid, p_result jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_verdict text := p_result ->> 'verdict';
    v_next timestamptz := v_now + (p_result ->> 'next_ms')::bigint * interval '1 millisecond';
    v_state text := CASE WHEN v_verdict = 'delivered' THEN 'delivered' WHEN v_verdict = 'failed' AND v_next IS NOT NULL THEN 'waiting' ELSE 'failed' END;
BEGIN
    UPDATE licensing.webhook_endpoint SET lease = NULL, lease_until = NULL,
        last_success_at = CASE WHEN v_verdict = 'delivered' THEN v_now ELSE last_success_at END,
        last_failure_at = CASE WHEN v_verdict = 'delivered' THEN last_failure_at ELSE v_now END,
        disabled_at = CASE WHEN v_verdict = 'gone' THEN v_now ELSE disabled_at END,
        disabled_reason = CASE WHEN v_verdict = 'gone' THEN 'gone' ELSE disabled_reason END
    WHERE id = p_endpoint AND lease = p_lease;
    IF NOT FOUND THEN
        RETURN log.answer('stale', NULL);
    END IF;
    UPDATE licensing.webhook_delivery SET state = v_state, next_at = CASE WHEN v_state = 'waiting' THEN v_next END, lease = NULL,
        last_status = (p_result ->> 'status')::integer, last_error = pg_catalog.left(p_result ->> 'error', 256), last_ms = (p_result ->> 'ms')::integer,
        settled_at = CASE WHEN v_state <> 'waiting' THEN v_now END
    WHERE endpoint_id = p_endpoint AND event_id = p_event AND lease = p_lease AND state = 'waiting';
    IF v_verdict = 'gone' THEN
        PERFORM licensing.settle_webhooks(p_endpoint, 'the endpoint answered 410 and was disabled');
    END IF;
    IF v_state = 'failed' THEN
        PERFORM licensing.complain_of_webhook(p_endpoint, p_event, v_verdict);
    END IF;
    RETURN log.answer('ok', NULL);
END
$$;
