-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether the bootstrap clause of the charter still runs.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.is_bootstrap() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM governance.bootstrap_end);
$$;
