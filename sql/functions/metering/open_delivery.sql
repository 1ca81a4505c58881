-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the row of a new delivery, in its first batch's transaction. With p_resumed the batches of that delivery up to p_batch
--          are proven to have arrived, those behind it that nobody knows of have not, and it ends if it still runs. Rows that the
--          chain has counted up to counted_to are not counted again.
-- Outcomes: none; counted_to.
-- Locks: the resumed delivery's row and batches; those of licensing.open_manifest.
CREATE OR REPLACE FUNCTION metering.open_delivery(p_pool uuid, p_id uuid, p_ref text, p_grant uuid, p_organisation uuid, p_plan_hash text,
    p_terms text, p_resumed uuid, p_batch integer, p_position bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_counted bigint := 0;
    v_batch metering.batch;
BEGIN
    IF p_resumed IS NOT NULL THEN
        SELECT d.counted_to INTO v_counted FROM metering.delivery AS d WHERE d.pool_id = p_pool AND d.id = p_resumed AND d.grant_id = p_grant FOR UPDATE;
        IF NOT FOUND THEN
            RETURN -1;
        END IF;
        UPDATE metering.delivery SET state = 'superseded', ended_at = pg_catalog.clock_timestamp(), reason = 'resumed'
        WHERE pool_id = p_pool AND id = p_resumed AND state IN ('open', 'lost');
        UPDATE metering.batch SET state = 'sent', settled_at = pg_catalog.clock_timestamp()
        WHERE pool_id = p_pool AND delivery_id = p_resumed AND no <= p_batch AND state IN ('committed', 'unresolved');
        FOR v_batch IN UPDATE metering.batch SET state = 'unsent', settled_at = pg_catalog.clock_timestamp()
            WHERE pool_id = p_pool AND delivery_id = p_resumed AND no > p_batch AND state IN ('committed', 'unresolved') RETURNING * LOOP
            PERFORM metering.return_quota(p_pool, p_grant, v_batch.committed_at, v_batch.rows);
        END LOOP;
        PERFORM metering.return_leases(p_pool, p_grant, p_resumed);
        SELECT GREATEST(v_counted, COALESCE(pg_catalog.max(b.last_row), 0)) INTO v_counted FROM metering.batch AS b
        WHERE b.pool_id = p_pool AND b.delivery_id = p_resumed AND b.state = 'sent';
    END IF;
    INSERT INTO metering.delivery (pool_id, id, pool, grant_id, organisation_id, mode, plan_hash, terms_sha256, resumed_from, counted_to, manifest_id)
    VALUES (p_pool, p_id, p_ref, p_grant, p_organisation, 'download', p_plan_hash, p_terms, p_resumed, v_counted,
        licensing.open_manifest(p_pool, p_grant));
    RETURN v_counted;
END
$$;
