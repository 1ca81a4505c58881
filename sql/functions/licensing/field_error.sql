-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one entry of errors.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.field_error(p_pointer text, p_detail text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('pointer', p_pointer, 'detail', p_detail);
$$;
