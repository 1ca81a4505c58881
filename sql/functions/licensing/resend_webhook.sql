-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sends an event again by hand, whatever became of it: due at once, in a new round of attempts, with the same webhook-id.
-- Outcomes: ok, not_found (endpoint), invalid (no such event for it), not_allowed_here (the endpoint is disabled), idempotency_conflict.
-- Locks: those of log.replay; the endpoint's row, then the delivery's.
CREATE OR REPLACE FUNCTION licensing.resend_webhook(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_what text := 'resend_webhook ' || p_id;
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, v_what, p_body);
    v_endpoint licensing.webhook_endpoint;
    v_event uuid := (p_body ->> 'event_id')::uuid;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    v_endpoint := licensing.own_webhook(licensing.organisation_of(p_actor), p_id);
    IF v_endpoint.id IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_endpoint.disabled_at IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'the endpoint is disabled: enable it first');
    END IF;
    -- An attempt that is under way records its end on a delivery it still leases: the round that begins here is not touched by it.
    UPDATE licensing.webhook_delivery SET state = 'waiting', attempts = 0, next_at = pg_catalog.clock_timestamp(), settled_at = NULL, lease = NULL
    WHERE endpoint_id = p_id AND event_id = v_event;
    IF NOT FOUND THEN
        RETURN log.refusal('invalid', 'there is no such event', pg_catalog.jsonb_build_array(licensing.field_error('/event_id', 'no event of this endpoint')));
    END IF;
    PERFORM job.enqueue('send_webhooks', 'all', '{}');
    RETURN log.remember('licensing', p_actor::text, p_key, v_what, p_body, log.answer('ok', licensing.webhook_delivery_body(p_id, v_event)));
END
$$;
