-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the tree of the transparency log whose last leaf is the one queued in an outbox row: its size and root; no row while that leaf
--          is not under a signed checkpoint. RFC 6962: anybody computes the same root from the leaves.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.tree_with(p_outbox bigint) RETURNS TABLE (size bigint, root bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_size bigint := (SELECT e.index + 1 FROM log.entry AS e WHERE e.outbox_id = p_outbox);
    v_from bigint := 0;
    v_width bigint;
    v_hashes bytea[] := '{}';
    v_roots bytea[] := '{}';
    v_root bytea;
BEGIN
    IF v_size IS NULL OR NOT EXISTS (SELECT FROM log.checkpoint AS c WHERE c.size >= v_size) THEN
        RETURN;
    END IF;
    -- Full subtrees from the left, largest first, folded from the right: the definition of the Merkle tree hash.
    WHILE v_from < v_size LOOP
        v_width := 1;
        WHILE v_from + v_width * 2 <= v_size LOOP
            v_width := v_width * 2;
        END LOOP;
        SELECT pg_catalog.array_agg(e.leaf_hash ORDER BY e.index) INTO v_hashes FROM log.entry AS e WHERE e.index >= v_from AND e.index < v_from + v_width;
        WHILE pg_catalog.cardinality(v_hashes) > 1 LOOP
            SELECT pg_catalog.array_agg(p.hash ORDER BY p.n) INTO v_hashes FROM (
                SELECT (h.n - 1) / 2 AS n, pg_catalog.sha256('\x01'::bytea || pg_catalog.string_agg(h.hash, ''::bytea ORDER BY h.n)) AS hash
                FROM pg_catalog.unnest(v_hashes) WITH ORDINALITY AS h (hash, n) GROUP BY 1) AS p;
        END LOOP;
        v_roots := v_roots || v_hashes[1];
        v_from := v_from + v_width;
    END LOOP;
    v_root := v_roots[pg_catalog.cardinality(v_roots)];
    FOR i IN REVERSE pg_catalog.cardinality(v_roots) - 1 .. 1 LOOP
        v_root := pg_catalog.sha256('\x01'::bytea || v_roots[i] || v_root);
    END LOOP;
    RETURN QUERY SELECT v_size, v_root;
END
$$;
