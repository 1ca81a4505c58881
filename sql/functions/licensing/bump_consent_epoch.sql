-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: says that what consent covers in a pool has changed: takes the pool's lock exclusively, then raises the epoch and closes
--          the pool's release manifests; new ones are queued. With several pools the caller goes in id order.
-- Outcomes: none; the new epoch.
-- Locks: advisory transaction lock of the pool, exclusive; the open manifests.
CREATE OR REPLACE FUNCTION licensing.bump_consent_epoch(p_pool uuid) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_epoch bigint;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(p_pool));
    INSERT INTO licensing.consent_epoch AS e (pool_id) VALUES (p_pool)
    ON CONFLICT (pool_id) DO UPDATE SET epoch = e.epoch + 1
    RETURNING epoch INTO v_epoch;
    UPDATE licensing.release_manifest SET closed_at = pg_catalog.clock_timestamp() WHERE pool_id = p_pool AND closed_at IS NULL;
    IF FOUND THEN
        PERFORM job.enqueue('make_manifests', p_pool::text, pg_catalog.jsonb_build_object('pool', p_pool));
    END IF;
    PERFORM pg_catalog.pg_notify('licensing_consent', p_pool::text || ':' || v_epoch);
    RETURN v_epoch;
END
$$;
