-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: root of the Merkle tree of RFC 6962, section 2.1, over leaves in their order: SHA-256(00 || leaf), SHA-256(01 || left ||
--          right), SHA-256 of nothing for none. Pairing neighbours and carrying an odd last one up gives the RFC's tree.
-- Outcomes: none; 64 hex digits.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.merkle_root(p_leaves text[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_level bytea[];
BEGIN
    SELECT pg_catalog.array_agg(pg_catalog.sha256('\x00'::bytea || pg_catalog.convert_to(l.leaf, 'UTF8')) ORDER BY l.n) INTO v_level
    FROM pg_catalog.unnest(p_leaves) WITH ORDINALITY AS l (leaf, n);
    IF v_level IS NULL THEN
        RETURN pg_catalog.encode(pg_catalog.sha256(''::bytea), 'hex');
    END IF;
    WHILE pg_catalog.cardinality(v_level) > 1 LOOP
        SELECT pg_catalog.array_agg(p.hash ORDER BY p.pair) INTO v_level
        FROM (SELECT (h.n - 1) / 2 AS pair, CASE WHEN pg_catalog.count(*) = 2
                  THEN pg_catalog.sha256('\x01'::bytea || pg_catalog.string_agg(h.hash, ''::bytea ORDER BY h.n))
                  ELSE pg_catalog.string_agg(h.hash, ''::bytea) END AS hash
              FROM pg_catalog.unnest(v_level) WITH ORDINALITY AS h (hash, n) GROUP BY (h.n - 1) / 2) AS p;
    END LOOP;
    RETURN pg_catalog.encode(v_level[1], 'hex');
END
$$;
