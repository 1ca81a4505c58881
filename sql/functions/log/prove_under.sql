-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the C2SP tlog-proof of a leaf (audit.md section 7) under one checkpoint: its size, larger than the index, and its text.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.prove_under(p_index bigint, p_size bigint, p_text text) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_from bigint := 0;
    v_left bigint := p_size;
    v_half bigint;
    v_path text := '';
BEGIN
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
    RETURN E'c2sp.org/tlog-proof@v1\nindex ' || p_index || E'\n' || v_path || E'\n' || p_text;
END
$$;
