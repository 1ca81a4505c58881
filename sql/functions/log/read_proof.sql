-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a proof for the newest leaf of an object needs: its index, the newest checkpoint, and on each level the tile above the
--          leaf and the tile at the tree's right edge.
-- Outcomes: ok; not_yet_logged when its leaf waits; not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_proof(p_type text, p_id text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_index bigint;
    v_last log.checkpoint;
    v_tiles jsonb;
BEGIN
    SELECT * INTO v_last FROM log.checkpoint ORDER BY size DESC LIMIT 1;
    SELECT index INTO v_index FROM log.entry WHERE type = p_type AND object_id = p_id AND index < v_last.size ORDER BY index DESC LIMIT 1;
    IF v_index IS NULL THEN
        IF EXISTS (SELECT FROM log.outbox WHERE topic = 'leaf' AND done_at IS NULL AND payload ->> 'type' = p_type AND payload ->> 'id' = p_id) THEN
            RETURN log.refusal('not_yet_logged', 'its leaf waits for the next checkpoint');
        END IF;
        RETURN log.refusal('not_found', 'the log has no such object');
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('level', t.level, 'number', t.number, 'hashes', pg_catalog.encode(t.hashes, 'hex')))
    INTO v_tiles
    FROM (
        SELECT DISTINCT w.level, w.number, LEAST(256, (v_last.size >> (8 * w.level)) - w.number * 256) AS width
        FROM (SELECT l AS level, CASE WHEN l = 7 THEN 0 ELSE p >> (8 * (l + 1)) END AS number
              FROM pg_catalog.generate_series(0, 7) AS l, (VALUES (v_index), (v_last.size)) AS points (p)) AS w
    ) AS wanted
    JOIN log.tile AS t ON t.level = wanted.level AND t.number = wanted.number AND t.width = wanted.width;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('index', v_index, 'size', v_last.size, 'text', log.cosigned(v_last.size, v_last.text), 'tiles', v_tiles));
END
$$;
