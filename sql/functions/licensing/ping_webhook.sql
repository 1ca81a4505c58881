-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sends a test, type webhook.ping, to one endpoint whatever it subscribed to: a single attempt. One in 10 seconds.
-- Outcomes: ok with the delivery, not_found, too_soon, not_allowed_here (the endpoint is disabled), idempotency_conflict.
-- Locks: those of log.replay; the endpoint's row.
CREATE OR REPLACE FUNCTION licensing.ping_webhook(p_actor uuid, p_key text, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_what text := 'ping_webhook ' || p_id;
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, v_what, NULL);
    v_endpoint licensing.webhook_endpoint;
    v_event uuid := log.new_id();
    v_now timestamptz := pg_catalog.clock_timestamp();
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    v_endpoint := licensing.own_webhook(licensing.organisation_of(p_actor), p_id);
    IF v_endpoint.id IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_endpoint.disabled_at IS NOT NULL THEN
        RETURN log.refusal('not_allowed_here', 'the endpoint is disabled: enable it first');
    ELSIF EXISTS (SELECT FROM licensing.webhook_delivery AS d JOIN licensing.webhook_event AS x ON x.id = d.event_id
                  WHERE d.endpoint_id = p_id AND x.type = 'webhook.ping' AND (d.state = 'waiting' OR x.created_at > v_now - interval '10 seconds')) THEN
        RETURN log.refusal('too_soon', 'a test of this endpoint was asked for less than 10 seconds ago, or is still under way');
    END IF;
    INSERT INTO licensing.webhook_event (id, type, body)
    VALUES (v_event, 'webhook.ping', licensing.webhook_event_text('webhook.ping', log.time_text(v_now), pg_catalog.jsonb_build_object('webhook_id', p_id)));
    INSERT INTO licensing.webhook_delivery (endpoint_id, event_id) VALUES (p_id, v_event);
    PERFORM job.enqueue('send_webhooks', 'all', '{}');
    RETURN log.remember('licensing', p_actor::text, p_key, v_what, NULL, log.answer('ok', licensing.webhook_delivery_body(p_id, v_event)));
END
$$;
