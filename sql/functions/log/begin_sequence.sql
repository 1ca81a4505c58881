-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: starts a run of the sequencer: takes its lock and gives what was signed last, and the keys that must sign.
-- Outcomes: ok with size, root and text of the last checkpoint, checkpoints (how many there are: 0, 1 or 2 for more), keys (verifier keys
--          in force) and halted (it refused the last time); sequencer_busy.
-- Locks: the sequencer's advisory transaction lock.
CREATE OR REPLACE FUNCTION log.begin_sequence() RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last log.checkpoint;
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('log.sequencer', 0)) THEN
        RETURN log.refusal('sequencer_busy', 'another worker is at it');
    END IF;
    SELECT * INTO v_last FROM log.checkpoint ORDER BY size DESC LIMIT 1;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object(
        'size', COALESCE(v_last.size, 0), 'root', pg_catalog.encode(v_last.root, 'hex'), 'text', v_last.text,
        'checkpoints', (SELECT pg_catalog.count(*) FROM (SELECT FROM log.checkpoint LIMIT 2) AS c),
        'halted', EXISTS (SELECT FROM log.health AS h WHERE h.reason IS NOT NULL),
        'keys', (SELECT COALESCE(pg_catalog.jsonb_agg(k.vkey ORDER BY k.from_at DESC, k.vkey), '[]') FROM log.key AS k
                 WHERE k.until_at IS NULL OR k.until_at > pg_catalog.clock_timestamp())));
END
$$;
