-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes deliveries of queued events: one for each live endpoint of the organisation that subscribed to the type. An event nobody
--          subscribed to leaves nothing behind.
-- Outcomes: none; how many deliveries were made.
-- Locks: those of log.take_webhooks; the endpoints' rows, shared, so that one that is just being deleted gets nothing more.
CREATE OR REPLACE FUNCTION licensing.fan_out_webhooks(p_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_event jsonb;
    v_type text;
    v_endpoints uuid[];
    v_made integer := 0;
BEGIN
    FOR v_event IN SELECT t FROM log.take_webhooks(p_limit) AS t LOOP
        v_type := v_event ->> 'type';
        v_endpoints := ARRAY(SELECT e.id FROM licensing.webhook_endpoint AS e
            WHERE e.organisation_id = (v_event ->> 'organisation')::uuid AND e.ended_at IS NULL AND e.disabled_at IS NULL
              AND (e.types IS NULL OR v_type = ANY (e.types)) ORDER BY e.id FOR SHARE);
        CONTINUE WHEN pg_catalog.cardinality(v_endpoints) = 0;
        INSERT INTO licensing.webhook_event (id, type, body)
        VALUES ((v_event ->> 'id')::uuid, v_type, licensing.webhook_event_text(v_type, v_event ->> 'timestamp', v_event -> 'data'))
        ON CONFLICT (id) DO NOTHING;
        INSERT INTO licensing.webhook_delivery (endpoint_id, event_id)
        SELECT x, (v_event ->> 'id')::uuid FROM pg_catalog.unnest(v_endpoints) AS x
        ON CONFLICT (endpoint_id, event_id) DO NOTHING;
        v_made := v_made + pg_catalog.cardinality(v_endpoints);
    END LOOP;
    RETURN v_made;
END
$$;
