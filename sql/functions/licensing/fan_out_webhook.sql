-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes the deliveries of one event, as licensing.fan_out_webhooks does for all that are queued.
-- Outcomes: none; how many deliveries were made.
-- Locks: the endpoints' rows, shared.
CREATE OR REPLACE FUNCTION licensing.fan_out_webhook(p_event jsonb) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_type text := p_event ->> 'type';
    v_endpoints uuid[] := ARRAY(SELECT e.id FROM licensing.webhook_endpoint AS e
        WHERE e.organisation_id = (p_event ->> 'organisation')::uuid AND e.ended_at IS NULL AND e.disabled_at IS NULL
          AND (e.types IS NULL OR v_type = ANY (e.types)) ORDER BY e.id FOR SHARE);
BEGIN
    IF pg_catalog.cardinality(v_endpoints) > 0 THEN
        INSERT INTO licensing.webhook_event (id, type, body)
        VALUES ((p_event ->> 'id')::uuid, v_type, licensing.webhook_event_text(v_type, p_event ->> 'timestamp', p_event -> 'data'))
        ON CONFLICT (id) DO NOTHING;
        INSERT INTO licensing.webhook_delivery (endpoint_id, event_id)
        SELECT x, (p_event ->> 'id')::uuid FROM pg_catalog.unnest(v_endpoints) AS x
        ON CONFLICT (endpoint_id, event_id) DO NOTHING;
    END IF;
    RETURN pg_catalog.cardinality(v_endpoints);
END
$$;
