-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: begins a new log under another name where the old one cannot be continued (audit.md section 8). What is left of the old one moves to
--          log.former_*; all objects get their leaves again, in their old order, behind one key_event that names the last checkpoint known. Keys
--          of the old name sign nothing any more. p_vkey: verifier key of the new name; p_known: that checkpoint's text and p_size its size,
--          NULL where none is known.
-- Outcomes: created; already_recovered when the name was used before.
-- Locks: the sequencer's advisory transaction lock; the log's tables, exclusive.
CREATE OR REPLACE FUNCTION log.recover(p_vkey text, p_known text, p_size bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz;
    v_name text := pg_catalog.split_part(p_vkey, '+', 1);
    v_no integer;
    v_stored bigint;
    v_event jsonb;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('log.sequencer', 0));
    v_now := pg_catalog.clock_timestamp();
    SELECT COALESCE(pg_catalog.max(f.no), 0) + 1 INTO v_no FROM log.former AS f;
    SELECT COALESCE(pg_catalog.max(c.size), 0) INTO v_stored FROM log.checkpoint AS c;
    IF EXISTS (SELECT FROM log.key AS k WHERE pg_catalog.split_part(k.vkey, '+', 1) = v_name) THEN
        RETURN log.refusal('already_recovered', 'a log was named ' || v_name || ' before: a new one needs a name of its own ([log] origin)');
    END IF;
    INSERT INTO log.former (no, known_text, known_size, stored_size, ended_at) VALUES (v_no, p_known, p_size, v_stored, v_now);
    INSERT INTO log.former_entry SELECT v_no, e.* FROM log.entry AS e;
    INSERT INTO log.former_checkpoint SELECT v_no, c.* FROM log.checkpoint AS c;
    ALTER TABLE log.entry DISABLE TRIGGER append_only;
    ALTER TABLE log.checkpoint DISABLE TRIGGER append_only;
    ALTER TABLE log.tile DISABLE TRIGGER keeps_hashes;
    DELETE FROM log.entry;
    DELETE FROM log.checkpoint;
    DELETE FROM log.tile;
    ALTER TABLE log.entry ENABLE ALWAYS TRIGGER append_only;
    ALTER TABLE log.checkpoint ENABLE ALWAYS TRIGGER append_only;
    ALTER TABLE log.tile ENABLE ALWAYS TRIGGER keeps_hashes;
    UPDATE log.outbox SET done_at = NULL WHERE topic = 'leaf' AND done_at IS NOT NULL;
    PERFORM log.retire_key(k.vkey) FROM log.key AS k WHERE k.until_at IS NULL OR k.until_at > v_now ORDER BY k.from_at;
    INSERT INTO log.key (vkey, from_at, reason) VALUES (p_vkey, v_now, 'recovery');
    v_event := pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('vkey', p_vkey, 'event', 'recovery', 'old_size', p_size, 'stored_size', v_stored,
        'old_origin', pg_catalog.split_part(p_known, E'\n', 1), 'old_root', pg_catalog.split_part(p_known, E'\n', 3)));
    PERFORM log.check_leaf('key_event', p_vkey, log.hash_vkey(p_vkey), v_event);
    -- In front of all others.
    INSERT INTO log.outbox (id, topic, payload) OVERRIDING SYSTEM VALUE
    SELECT LEAST(pg_catalog.min(o.id), 1) - 1, 'leaf', pg_catalog.jsonb_build_object('type', 'key_event', 'id', p_vkey, 'sha256', log.hash_vkey(p_vkey),
        'at', log.time_text(v_now), 'body', v_event) FROM log.outbox AS o;
    UPDATE log.health SET reason = NULL, at = v_now;
    RETURN log.answer('created', pg_catalog.jsonb_build_object('size', v_stored, 'waiting', (SELECT pg_catalog.count(*) FROM log.outbox AS w
        WHERE w.topic = 'leaf' AND w.done_at IS NULL)));
END
$$;
