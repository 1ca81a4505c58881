-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first statement of every delivery batch: takes the pool's lock shared, then reads both epochs (its own statement, so
--          that at READ COMMITTED it sees what was committed while it waited).
-- Outcomes: none; NULL where there is no such pool or grant.
-- Locks: advisory transaction lock of the pool, shared.
CREATE OR REPLACE FUNCTION licensing.lock_epochs(p_pool uuid, p_grant uuid, OUT consent_epoch bigint, OUT grant_epoch bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock_shared(licensing.pool_lock(p_pool));
    SELECT e.epoch INTO lock_epochs.consent_epoch FROM licensing.consent_epoch AS e WHERE e.pool_id = p_pool;
    SELECT g.epoch INTO lock_epochs.grant_epoch FROM licensing.data_grant AS g WHERE g.id = p_grant AND g.pool_id = p_pool;
END
$$;
