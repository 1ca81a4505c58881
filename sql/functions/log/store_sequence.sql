-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the leaves, tiles and the signed checkpoint of one run of the sequencer.
--          p_run: {"entries":[{"outbox","prev","entry"}] in index order, "tiles":[{"level","number","hashes"}],
--          "size","root","frontier","text"}.
-- Outcomes: ok; stale when the log has another size than p_size.
-- Locks: those of log.begin_sequence, in the same transaction.
CREATE OR REPLACE FUNCTION log.store_sequence(p_size bigint, p_run jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_size <> COALESCE((SELECT pg_catalog.max(size) FROM log.checkpoint), 0) THEN
        RETURN log.refusal('stale', 'the log has another size');
    END IF;
    INSERT INTO log.entry (index, outbox_id, type, object_id, object_sha256, prev, at, leaf_hash, bytes)
    SELECT p_size + e.n - 1, (e.item ->> 'outbox')::bigint, d.doc ->> 'type', d.doc ->> 'id', d.doc ->> 'sha256',
           (e.item ->> 'prev')::bigint, (d.doc ->> 'at')::timestamptz, pg_catalog.sha256('\x00'::bytea || d.bytes), d.bytes
    FROM pg_catalog.jsonb_array_elements(p_run -> 'entries') WITH ORDINALITY AS e (item, n)
    CROSS JOIN LATERAL (SELECT (e.item ->> 'entry')::jsonb AS doc, pg_catalog.convert_to(e.item ->> 'entry', 'UTF8') AS bytes) AS d;
    UPDATE log.outbox AS o SET done_at = pg_catalog.clock_timestamp()
    FROM log.entry AS e WHERE e.outbox_id = o.id AND e.index >= p_size;
    INSERT INTO log.tile (level, number, width, hashes)
    SELECT (t ->> 'level')::smallint, (t ->> 'number')::bigint, (pg_catalog.length(t ->> 'hashes') / 64)::smallint,
           pg_catalog.decode(t ->> 'hashes', 'hex')
    FROM pg_catalog.jsonb_array_elements(p_run -> 'tiles') AS t;
    INSERT INTO log.checkpoint (size, root, frontier, text)
    VALUES ((p_run ->> 'size')::bigint, pg_catalog.decode(p_run ->> 'root', 'hex'), pg_catalog.decode(p_run ->> 'frontier', 'hex'),
            p_run ->> 'text');
    PERFORM pg_catalog.pg_notify('log_checkpoint', p_run ->> 'size');
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('size', (p_run ->> 'size')::bigint));
END
$$;
