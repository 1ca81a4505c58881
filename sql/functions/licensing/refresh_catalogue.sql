-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: marks the pool's entry in the catalogue for making again; a worker does so as soon as this commits. Triggers call it where
--          pools, charters and terms change, licensing.watch_catalogue where prohibitions do.
-- Outcomes: none.
-- Locks: those of job.enqueue.
CREATE OR REPLACE FUNCTION licensing.refresh_catalogue(p_pool uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO licensing.catalogue_entry (pool_id, sort_key)
    SELECT p.pool_id, p.ref FROM licensing.pool AS p WHERE p.pool_id = p_pool
    ON CONFLICT DO NOTHING;
    PERFORM job.enqueue('refresh_catalogue', p_pool::text, pg_catalog.jsonb_build_object('pool', p_pool));
END
$$;
