-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the inclusion path of line p_index of a run: sibling hashes from leaf to root (RFC 6962 shape; an odd last node moves up unchanged), read out of run_tree.
-- Outcomes: array of hex.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.line_path(p_run uuid, p_index bigint) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_width bigint;
    v_at bigint := p_index;
    v_offset bigint := 0;
    v_path jsonb := '[]';
BEGIN
    SELECT lines INTO v_width FROM payout.run WHERE id = p_run;
    WHILE v_width > 1 LOOP
        IF (v_at # 1) < v_width THEN
            v_path := v_path || pg_catalog.to_jsonb((SELECT pg_catalog.encode(pg_catalog.substr(t.hashes, ((v_offset + (v_at # 1)) * 32 + 1)::integer, 32), 'hex')
                FROM payout.run_tree AS t WHERE t.run = p_run));
        END IF;
        v_offset := v_offset + v_width;
        v_width := (v_width + 1) / 2;
        v_at := v_at / 2;
    END LOOP;
    RETURN v_path;
END
$$;
