-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a split counts members of this status; without a list it counts all.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.status_counts(p_step jsonb, p_status text) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_step->'eligible'->'status' IS NULL OR p_step->'eligible'->'status' ? p_status;
$$;
