-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: registers a verifier key of the log with its key_event leaf; registering it again changes nothing. Keys of this log that it takes the
--          place of sign and verify for 30 more days, which a leaf of each tells.
-- Outcomes: created; ok when it was there; key_retired when it was once retired, since a key never comes back;
--          log_named_otherwise while keys of another name are in force: that is a new log (log.recover).
-- Locks: the sequencer's, so that every checkpoint is wholly before or behind it; then the keys in force.
CREATE OR REPLACE FUNCTION log.register_key(p_vkey text, p_reason text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_until timestamptz;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('log.sequencer', 0));
    v_until := pg_catalog.date_trunc('second', pg_catalog.clock_timestamp()) + interval '30 days';
    IF EXISTS (SELECT FROM log.key WHERE vkey = p_vkey AND until_at IS NOT NULL) THEN
        RETURN log.refusal('key_retired', p_vkey || ' was retired: make another key');
    END IF;
    IF EXISTS (SELECT FROM log.key WHERE pg_catalog.split_part(vkey, '+', 1) <> pg_catalog.split_part(p_vkey, '+', 1)
               AND (until_at IS NULL OR until_at > pg_catalog.clock_timestamp())) THEN
        RETURN log.refusal('log_named_otherwise', (SELECT 'the log is named ' || pg_catalog.split_part(k.vkey, '+', 1) FROM log.key AS k WHERE k.until_at IS NULL LIMIT 1));
    END IF;
    INSERT INTO log.key (vkey, from_at, reason) VALUES (p_vkey, pg_catalog.clock_timestamp(), p_reason) ON CONFLICT (vkey) DO NOTHING;
    IF NOT FOUND THEN
        RETURN log.answer('ok', '{}');
    END IF;
    PERFORM log.append_leaf('key_event', p_vkey, log.hash_vkey(p_vkey), pg_catalog.jsonb_build_object('vkey', p_vkey, 'event', p_reason));
    PERFORM log.retire_key(k.vkey, v_until) FROM log.key AS k WHERE k.vkey <> p_vkey AND k.until_at IS NULL ORDER BY k.from_at;
    RETURN log.answer('created', '{}');
END
$$;
