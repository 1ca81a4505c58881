-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: queues a leaf of the transparency log in the caller's transaction; the sequencer gives it an index. Its number in the outbox.
--          p_object_id and p_body hold no personal data: no names, IBANs, addresses, member ids (audit.md section 6).
-- Outcomes: none; what can be no entry raises, because it is a bug.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.append_leaf(p_type text, p_object_id text, p_sha256 text, p_body jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id bigint;
    v_body jsonb := COALESCE(p_body, '{}');
BEGIN
    PERFORM log.check_leaf(p_type, p_object_id, p_sha256, v_body);
    INSERT INTO log.outbox (topic, payload)
    VALUES ('leaf', pg_catalog.jsonb_build_object('type', p_type, 'id', p_object_id, 'sha256', p_sha256,
            'at', log.time_text(pg_catalog.clock_timestamp()), 'body', v_body))
    RETURNING id INTO v_id;
    PERFORM pg_catalog.pg_notify('outbox', 'leaf');
    RETURN v_id;
END
$$;
