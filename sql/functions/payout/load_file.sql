-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether an officer may read a batch's file, and how long it is; its bytes come from payout.read_batch_file.
-- Outcomes: ok {message_id, size}, forbidden, not_found, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_file(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body jsonb;
BEGIN
    IF NOT payout.may_see_batches(p_actor) THEN
        RETURN log.refusal('forbidden', 'only officers see batches');
    END IF;
    SELECT pg_catalog.jsonb_build_object('message_id', b.message_id, 'size', pg_catalog.octet_length(e.bytes)) INTO v_body
    FROM payout.batch AS b LEFT JOIN payout.evidence AS e ON e.sha256 = b.file_sha256 WHERE b.id = p_id;
    IF v_body IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    ELSIF v_body->>'size' IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the batch has no file: it is a draft, or was cancelled as one');
    END IF;
    RETURN log.answer('ok', v_body);
END
$$;
