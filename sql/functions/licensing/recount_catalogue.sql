-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what consent or contributions cover in a pool has changed: its counts in the catalogue are made again, at once where that is
--          cheap, and never so often that counting takes more than a twentieth of the time, nor later than 45 s. A job of its own
--          kind, so that one that waits does not stand for a refresh.
-- Outcomes: none.
-- Locks: those of job.enqueue.
CREATE OR REPLACE FUNCTION licensing.recount_catalogue(p_pool uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_entry record;
BEGIN
    SELECT e.loaded_at, LEAST(45000, GREATEST(500, 20 * e.count_ms)) AS pause_ms INTO v_entry
    FROM licensing.catalogue_entry AS e WHERE e.pool_id = p_pool;
    IF NOT FOUND OR v_entry.loaded_at IS NULL THEN
        RETURN; -- not made yet: the first making counts
    END IF;
    PERFORM job.enqueue('count_catalogue', p_pool::text, pg_catalog.jsonb_build_object('pool', p_pool),
        GREATEST(pg_catalog.clock_timestamp(), v_entry.loaded_at + v_entry.pause_ms * interval '1 millisecond'));
END
$$;
