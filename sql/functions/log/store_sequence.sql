-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the leaves, tiles and the signed checkpoint of one run of the sequencer. p_outbox and p_prev have an element for each entry,
--          p_entries a line; p_run is {"tiles":[{"level","number","hashes"}], "size", "root", "frontier", "text"}. Of a tile that is not full yet
--          the widest row alone is kept: narrower ones are its beginning.
-- Outcomes: ok; stale when the log has another size than p_size.
-- Locks: those of log.begin_sequence, in the same transaction.
CREATE OR REPLACE FUNCTION log.store_sequence(p_size bigint, p_outbox bigint[], p_prev bigint[], p_entries text, p_run jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_written bigint;
BEGIN
    IF p_size <> COALESCE((SELECT pg_catalog.max(size) FROM log.checkpoint), 0) THEN
        RETURN log.refusal('stale', 'the log has another size');
    END IF;
    INSERT INTO log.entry (index, outbox_id, type, object_id, object_sha256, prev, at, leaf_hash, bytes)
    SELECT p_size + e.n - 1, e.outbox, d.type, d.id, d.sha256, e.prev, d.at, pg_catalog.sha256('\x00'::bytea || b.bytes), b.bytes
    FROM ROWS FROM (pg_catalog.unnest(p_outbox), pg_catalog.unnest(p_prev), pg_catalog.string_to_table(p_entries, E'\n')) WITH ORDINALITY AS e (outbox, prev, entry, n)
    CROSS JOIN LATERAL pg_catalog.convert_to(e.entry, 'UTF8') AS b (bytes)
    CROSS JOIN LATERAL pg_catalog.jsonb_to_record(e.entry::jsonb) AS d (type text, id text, sha256 text, at timestamptz)
    JOIN log.entry_type AS y ON y.type = d.type;
    GET DIAGNOSTICS v_written = ROW_COUNT;
    IF v_written <> pg_catalog.cardinality(p_outbox) THEN
        RAISE EXCEPTION 'log.store_sequence: an entry has an unknown type' USING ERRCODE = 'foreign_key_violation';
    END IF;
    UPDATE log.outbox SET done_at = pg_catalog.clock_timestamp() WHERE id = ANY (p_outbox);
    INSERT INTO log.tile (level, number, width, hashes)
    SELECT t.level, t.number, (pg_catalog.octet_length(b.hashes) / 32)::smallint, b.hashes
    FROM pg_catalog.jsonb_to_recordset(p_run -> 'tiles') AS t (level smallint, number bigint, hashes text)
    CROSS JOIN LATERAL pg_catalog.decode(t.hashes, 'hex') AS b (hashes);
    DELETE FROM log.tile AS o USING pg_catalog.jsonb_to_recordset(p_run -> 'tiles') AS t (level smallint, number bigint, hashes text)
    WHERE o.level = t.level AND o.number = t.number AND o.width < pg_catalog.length(t.hashes) / 64;
    INSERT INTO log.checkpoint (size, root, frontier, text)
    VALUES ((p_run ->> 'size')::bigint, pg_catalog.decode(p_run ->> 'root', 'hex'), pg_catalog.decode(p_run ->> 'frontier', 'hex'),
            p_run ->> 'text');
    PERFORM pg_catalog.pg_notify('log_checkpoint', p_run ->> 'size');
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('size', (p_run ->> 'size')::bigint));
END
$$;
