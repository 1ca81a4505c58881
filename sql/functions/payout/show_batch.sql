-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one batch, and with p_file its bytes in base64.
-- Outcomes: ok, forbidden, not_found, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_batch(p_actor uuid, p_id uuid, p_file boolean) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_hash text;
BEGIN
    IF NOT payout.may_see_batches(p_actor) THEN
        RETURN log.refusal('forbidden', 'only officers see batches');
    END IF;
    SELECT file_sha256 INTO v_hash FROM payout.batch WHERE id = p_id;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such batch');
    END IF;
    IF NOT p_file THEN
        RETURN log.answer('ok', payout.batch_json(p_id));
    END IF;
    IF v_hash IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'a draft has no file yet');
    END IF;
    RETURN log.answer('ok', (SELECT pg_catalog.jsonb_build_object('sha256', v_hash, 'base64', pg_catalog.translate(pg_catalog.encode(e.bytes, 'base64'), E'\n', ''))
        FROM payout.evidence AS e WHERE e.sha256 = v_hash));
END
$$;
