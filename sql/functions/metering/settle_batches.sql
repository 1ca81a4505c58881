-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what became of batches whose process died: a delivery whose process has said nothing for a minute is lost, and its batches of which
--          nobody knows whether they arrived are unresolved; 24 hours after its commit without proof of arrival such a batch counts as not sent.
--          Doubt goes to the licensee. Should the process be there after all, metering.end_delivery knows better.
-- Outcomes: none; how many were settled.
-- Locks: the deliveries, their batches, then the quotas.
CREATE OR REPLACE FUNCTION metering.settle_batches() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch metering.batch;
    v_done integer := 0;
BEGIN
    UPDATE metering.delivery AS d SET state = 'lost', ended_at = pg_catalog.clock_timestamp(), reason = 'its process ended'
    WHERE d.state = 'open' AND d.opened_at < pg_catalog.clock_timestamp() - interval '1 minute'
        AND metering.last_beat(d) < pg_catalog.clock_timestamp() - interval '1 minute';
    UPDATE metering.batch AS b SET state = 'unresolved' FROM metering.delivery AS d
    WHERE b.state = 'committed' AND d.pool_id = b.pool_id AND d.id = b.delivery_id AND d.state = 'lost';
    DELETE FROM metering.delivery_beat AS b WHERE b.at < pg_catalog.clock_timestamp() - interval '1 hour';
    FOR v_batch IN UPDATE metering.batch SET state = 'unsent', settled_at = pg_catalog.clock_timestamp()
        WHERE state = 'unresolved' AND committed_at < pg_catalog.clock_timestamp() - interval '24 hours' RETURNING * LOOP
        PERFORM metering.return_quota(v_batch.pool_id, v_batch.grant_id, COALESCE(v_batch.taken_at, v_batch.committed_at), v_batch.rows, v_batch.bytes);
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
