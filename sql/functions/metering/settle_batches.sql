-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what became of batches whose process died: committed for over an hour (no slow reader takes that long) is unresolved;
--          24 hours after its commit without proof of arrival it counts as not sent. Doubt goes to the licensee.
-- Outcomes: none; how many were settled.
-- Locks: the batches, their deliveries, then the quotas.
CREATE OR REPLACE FUNCTION metering.settle_batches() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch metering.batch;
    v_done integer := 0;
BEGIN
    WITH moved AS (
        UPDATE metering.batch SET state = 'unresolved'
        WHERE state = 'committed' AND committed_at < pg_catalog.clock_timestamp() - interval '1 hour' RETURNING pool_id, delivery_id)
    UPDATE metering.delivery AS d SET state = 'lost', ended_at = pg_catalog.clock_timestamp(), reason = 'its process ended'
    FROM moved AS m WHERE d.pool_id = m.pool_id AND d.id = m.delivery_id AND d.state = 'open';
    -- one that died when all its batches were known of; a delivery that lives commits within the hour
    UPDATE metering.delivery AS d SET state = 'lost', ended_at = pg_catalog.clock_timestamp(), reason = 'its process ended'
    WHERE d.state = 'open' AND d.opened_at < pg_catalog.clock_timestamp() - interval '1 hour' AND NOT EXISTS (
        SELECT FROM metering.batch AS b WHERE b.pool_id = d.pool_id AND b.delivery_id = d.id
            AND b.committed_at > pg_catalog.clock_timestamp() - interval '1 hour');
    FOR v_batch IN UPDATE metering.batch SET state = 'unsent', settled_at = pg_catalog.clock_timestamp()
        WHERE state = 'unresolved' AND committed_at < pg_catalog.clock_timestamp() - interval '24 hours' RETURNING * LOOP
        PERFORM metering.return_quota(v_batch.pool_id, v_batch.grant_id, COALESCE(v_batch.taken_at, v_batch.committed_at), v_batch.rows, v_batch.bytes);
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
