-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the C2SP tlog-proof of a leaf (audit.md section 7), for those who keep proofs: of the first checkpoints over it that witnesses cosigned, under
--          the one that most did; under the newest where none did.
-- Outcomes: NULL while no checkpoint covers the leaf.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.prove(p_index bigint) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last log.checkpoint;
    v_from bigint := 0;
    v_left bigint;
    v_half bigint;
    v_path text := '';
BEGIN
    SELECT * INTO v_last FROM log.checkpoint WHERE size = COALESCE(
        (SELECT s.size FROM (SELECT x.size FROM log.cosignature AS x JOIN log.checkpoint AS k ON k.size = x.size AND k.root = x.root
                             WHERE x.size > p_index ORDER BY x.size LIMIT 300) AS s
         GROUP BY s.size ORDER BY pg_catalog.count(*) DESC, s.size LIMIT 1),
        (SELECT pg_catalog.max(m.size) FROM log.checkpoint AS m));
    v_left := v_last.size;
    IF v_left IS NULL OR p_index >= v_left THEN
        RETURN NULL;
    END IF;
    -- From the root down to the leaf, so each sibling goes in front of those before.
    WHILE v_left > 1 LOOP
        v_half := 1;
        WHILE v_half * 2 < v_left LOOP
            v_half := v_half * 2;
        END LOOP;
        IF p_index - v_from < v_half THEN
            v_path := pg_catalog.encode(log.subtree(v_from + v_half, v_left - v_half), 'base64') || E'\n' || v_path;
            v_left := v_half;
        ELSE
            v_path := pg_catalog.encode(log.subtree(v_from, v_half), 'base64') || E'\n' || v_path;
            v_from := v_from + v_half;
            v_left := v_left - v_half;
        END IF;
    END LOOP;
    RETURN E'c2sp.org/tlog-proof@v1\nindex ' || p_index || E'\n' || v_path || E'\n' || log.cosigned(v_last.size, v_last.text);
END
$$;
