-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clock of webhooks, called every second by the worker: fans queued events out, asks for a run of the sender when something is
--          due, deletes keys that have ended and what was settled 90 days ago. One caller at a time.
-- Outcomes: none; deliveries made.
-- Locks: an advisory lock of its own (not waited for); those of licensing.fan_out_webhooks.
CREATE OR REPLACE FUNCTION licensing.tick_webhooks() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_made integer;
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('licensing.tick_webhooks', 20)) THEN
        RETURN 0;
    END IF;
    v_made := licensing.fan_out_webhooks(500);
    DELETE FROM licensing.webhook_key WHERE until_at <= v_now;
    WITH gone AS (DELETE FROM licensing.webhook_delivery WHERE state <> 'waiting' AND settled_at < v_now - interval '90 days' RETURNING event_id)
    DELETE FROM licensing.webhook_event AS e USING (SELECT DISTINCT g.event_id FROM gone AS g) AS g
    WHERE e.id = g.event_id
      AND NOT EXISTS (SELECT FROM licensing.webhook_delivery AS d WHERE d.event_id = e.id AND (d.state = 'waiting' OR d.settled_at >= v_now - interval '90 days'));
    IF EXISTS (SELECT FROM licensing.webhook_delivery AS d JOIN licensing.webhook_endpoint AS e ON e.id = d.endpoint_id
               WHERE d.state = 'waiting' AND d.next_at <= pg_catalog.clock_timestamp() AND e.ended_at IS NULL AND e.disabled_at IS NULL
                 AND (e.lease_until IS NULL OR e.lease_until <= pg_catalog.clock_timestamp())) THEN
        PERFORM job.enqueue('send_webhooks', 'all', '{}');
    END IF;
    RETURN v_made;
END
$$;
