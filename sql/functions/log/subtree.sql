-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the hash of p_count leaves of the transparency log from p_start on, as a node of RFC 6962 (p_start is a multiple of the next power of
--          two), read out of the tiles.
-- Outcomes: NULL when a tile is missing.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.subtree(p_start bigint, p_count bigint) RETURNS bytea
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_width bigint := 1;
    v_level integer := 0;
    v_from integer;
    v_tile bytea;
    v_hashes bytea[];
BEGIN
    WHILE v_width * 2 <= p_count LOOP
        v_width := v_width * 2;
    END LOOP;
    IF v_width < p_count THEN
        RETURN pg_catalog.sha256('\x01'::bytea || log.subtree(p_start, v_width) || log.subtree(p_start + v_width, p_count - v_width));
    END IF;
    WHILE v_width >= 256 LOOP
        v_width := v_width / 256;
        v_level := v_level + 1;
    END LOOP;
    v_from := ((p_start >> (8 * v_level)) % 256)::integer;
    SELECT t.hashes INTO v_tile FROM log.tile AS t WHERE t.level = v_level AND t.number = p_start >> (8 * (v_level + 1)) AND t.width >= v_from + v_width
    ORDER BY t.width LIMIT 1;
    SELECT pg_catalog.array_agg(pg_catalog.substr(v_tile, (v_from + g.n) * 32 + 1, 32) ORDER BY g.n) INTO v_hashes FROM pg_catalog.generate_series(0, v_width::integer - 1) AS g (n);
    WHILE pg_catalog.cardinality(v_hashes) > 1 LOOP
        SELECT pg_catalog.array_agg(pg_catalog.sha256('\x01'::bytea || v_hashes[2 * g.n - 1] || v_hashes[2 * g.n]) ORDER BY g.n) INTO v_hashes
        FROM pg_catalog.generate_series(1, pg_catalog.cardinality(v_hashes) / 2) AS g (n);
    END LOOP;
    RETURN v_hashes[1];
END
$$;
