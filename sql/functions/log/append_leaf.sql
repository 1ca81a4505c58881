-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: queues a leaf of the transparency log in the caller's transaction; the sequencer gives it an index.
--          p_object_id and p_body hold no personal data: no names, IBANs, addresses, member ids (audit.md section 6).
-- Outcomes: none; an unknown type raises, because it is a bug.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.append_leaf(p_type text, p_object_id text, p_sha256 text, p_body jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id bigint;
BEGIN
    IF NOT EXISTS (SELECT FROM log.entry_type WHERE type = p_type) THEN
        RAISE EXCEPTION 'log.append_leaf: no entry type %', p_type USING ERRCODE = 'check_violation';
    END IF;
    IF p_sha256 !~ '^[0-9a-f]{64}$' THEN
        RAISE EXCEPTION 'log.append_leaf: % % has no SHA-256', p_type, p_object_id USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO log.outbox (topic, payload)
    VALUES ('leaf', pg_catalog.jsonb_build_object('type', p_type, 'id', p_object_id, 'sha256', p_sha256,
            'at', pg_catalog.to_char(pg_catalog.clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
            'body', COALESCE(p_body, '{}')))
    RETURNING id INTO v_id;
    PERFORM pg_catalog.pg_notify('outbox', 'leaf');
    RETURN v_id;
END
$$;
