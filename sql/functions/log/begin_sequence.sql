-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: starts a run of the sequencer: takes its lock and gives the tree's right edge as the last checkpoint left it.
-- Outcomes: ok with size, root, text, checkpoints (how many there are) and tiles (the unfinished one of each level); sequencer_busy.
-- Locks: the sequencer's advisory transaction lock.
CREATE OR REPLACE FUNCTION log.begin_sequence() RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last log.checkpoint;
    v_tiles jsonb;
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('log.sequencer', 0)) THEN
        RETURN log.refusal('sequencer_busy', 'another worker is at it');
    END IF;
    SELECT * INTO v_last FROM log.checkpoint ORDER BY size DESC LIMIT 1;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('level', t.level, 'hashes', pg_catalog.encode(t.hashes, 'hex')))
    INTO v_tiles
    FROM pg_catalog.generate_series(0, 7) AS l
    JOIN log.tile AS t ON t.level = l AND t.width = (v_last.size >> (8 * l)) & 255
        AND t.number = CASE WHEN l = 7 THEN 0 ELSE v_last.size >> (8 * (l + 1)) END;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object(
        'size', COALESCE(v_last.size, 0), 'root', pg_catalog.encode(v_last.root, 'hex'), 'text', v_last.text,
        'checkpoints', (SELECT pg_catalog.count(*) FROM log.checkpoint), 'tiles', COALESCE(v_tiles, '[]')));
END
$$;
