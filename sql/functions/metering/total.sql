-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sum of the counts of a batch, for its check constraint, which takes no subquery.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.total(p_counts integer[]) RETURNS bigint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.sum(c), 0)::bigint FROM pg_catalog.unnest(p_counts) AS c;
$$;
