-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the leaves with indexes from p_from up to below p_to, a row for each tile of level 0 they lie in: index of the first and the last of
--          them, their stored leaf hashes, and their entries as a bundle (each behind a big-endian 16-bit length).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.entry_bundles(p_from bigint, p_to bigint) RETURNS TABLE (first bigint, last bigint, hashes bytea, bundle bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.first, b.last, b.hashes, b.bundle
    FROM pg_catalog.generate_series(p_from / 256, (p_to - 1) / 256) AS n (number)
    CROSS JOIN LATERAL (
        SELECT pg_catalog.min(e.index), pg_catalog.max(e.index), pg_catalog.string_agg(e.leaf_hash, ''::bytea),
            pg_catalog.string_agg(pg_catalog.substr(pg_catalog.int4send(pg_catalog.octet_length(e.bytes)), 3) || e.bytes, ''::bytea)
        FROM (SELECT x.index, x.leaf_hash, x.bytes FROM log.entry AS x
              WHERE x.index >= GREATEST(n.number * 256, p_from) AND x.index < LEAST(n.number * 256 + 256, p_to) ORDER BY x.index) AS e) AS b (first, last, hashes, bundle)
    WHERE b.first IS NOT NULL
    ORDER BY n.number;
$$;
