-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a purpose and everything above it in our tree, over every parent.
-- Outcomes: none; NULL for a code the tree does not have.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.purposes_above(p_code text) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE up (code) AS (
        SELECT p.code FROM licensing.purpose AS p WHERE p.code = p_code
        UNION
        SELECT e.parent FROM up JOIN licensing.purpose_edge AS e ON e.child = up.code)
    SELECT pg_catalog.array_agg(up.code) FROM up;
$$;
