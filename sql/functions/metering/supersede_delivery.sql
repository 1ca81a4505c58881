-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a delivery whose chain is resumed: batches that nobody knows of have not arrived, their rows and its leases go back to
--          the quotas.
-- Outcomes: none.
-- Locks: the delivery's row, its batches and leases; then the quotas.
CREATE OR REPLACE FUNCTION metering.supersede_delivery(p_pool uuid, p_grant uuid, p_delivery uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch metering.batch;
BEGIN
    UPDATE metering.delivery SET state = 'superseded', ended_at = pg_catalog.clock_timestamp(), reason = 'resumed'
    WHERE pool_id = p_pool AND id = p_delivery AND state IN ('open', 'lost');
    FOR v_batch IN UPDATE metering.batch SET state = 'unsent', settled_at = pg_catalog.clock_timestamp()
        WHERE pool_id = p_pool AND delivery_id = p_delivery AND state IN ('committed', 'unresolved') RETURNING * LOOP
        PERFORM metering.return_quota(p_pool, p_grant, COALESCE(v_batch.taken_at, v_batch.committed_at), v_batch.rows, v_batch.bytes);
    END LOOP;
    PERFORM metering.return_leases(p_pool, p_grant, p_delivery);
END
$$;
