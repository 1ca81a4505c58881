-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes deliveries of queued events: one for each live endpoint of the organisation that subscribed to the type. An event nobody
--          subscribed to leaves nothing behind. One that fails is put back, named in the server's log, and holds up no other.
-- Outcomes: none; how many deliveries were made.
-- Locks: those of log.take_webhooks; the endpoints' rows, shared, so that one that is just being deleted gets nothing more.
CREATE OR REPLACE FUNCTION licensing.fan_out_webhooks(p_limit integer) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_made integer := 0;
BEGIN
    FOR v_row IN SELECT t.* FROM log.take_webhooks(p_limit) AS t LOOP
        BEGIN
            v_made := v_made + licensing.fan_out_webhook(v_row.event);
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.put_back(v_row.place, SQLERRM);
            PERFORM log.warn('licensing.tick_webhooks: row ' || v_row.place || ' of log.outbox', SQLERRM, SQLSTATE);
        END;
    END LOOP;
    RETURN v_made;
END
$$;
