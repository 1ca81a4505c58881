-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one place that builds a pool table's identifier: p_ and the 26 lower-case Crockford base32 characters of the
--          pool's UUID (128 bits, two zero bits in front). ch_sql_pool_table makes the same name in C.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION pooldata.table_name(p_pool uuid) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'p_' || pg_catalog.string_agg(
        pg_catalog.substr('0123456789abcdefghjkmnpqrstvwxyz',
            pg_catalog.substr(b.bits, 1 + 5 * i, 5)::bit(5)::integer + 1, 1), '' ORDER BY i)
    FROM (SELECT '00' || ('x' || pg_catalog.replace(p_pool::text, '-', ''))::bit(128)::text AS bits) AS b,
        pg_catalog.generate_series(0, 25) AS i;
$$;
