-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a piece of a batch's file for the rail, from p_from (0: the first byte), at most p_size bytes.
-- Outcomes: ok {base64}, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.read_batch_file(p_id uuid, p_from bigint, p_size integer) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bytes bytea;
BEGIN
    SELECT pg_catalog.substr(e.bytes, (p_from + 1)::integer, p_size) INTO v_bytes
    FROM payout.batch AS b JOIN payout.evidence AS e ON e.sha256 = b.file_sha256 WHERE b.id = p_id;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'the batch has no file');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('base64', pg_catalog.translate(pg_catalog.encode(v_bytes, 'base64'), E'\n', '')));
END
$$;
