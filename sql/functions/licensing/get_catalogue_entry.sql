-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the stored Dataset of one pool, by ref or id: a line with its hash, then the text, as licensing.list_catalogue gives them.
-- Outcomes: ok, not_found (also for a pool that offers nothing now).
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_catalogue_entry(p_pool text, OUT outcome text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT 'ok', e.etag || E'\n' || e.doc INTO outcome, body FROM licensing.catalogue_entry AS e
    WHERE e.doc IS NOT NULL AND e.pool_id = (SELECT p.pool_id FROM licensing.find_pool(p_pool) AS p);
    outcome := COALESCE(outcome, 'not_found');
END
$$;
