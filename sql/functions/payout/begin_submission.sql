-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the last look before a rail is called: the batch is being released, its bytes are those that were approved, its payees have not moved.
--          `begun` in the body: an earlier attempt got as far as this, so the rail is asked before anything is submitted.
-- Outcomes: ok {message_id, sha256, size, begun}, payee_changed and not_approved (then the batch is refused), not_allowed_here.
-- Locks: the batch, then those of payout.refuse_batch.
CREATE OR REPLACE FUNCTION payout.begin_submission(p_id uuid, p_rail text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_batch payout.batch;
    v_size bigint;
    v_wrong text;
    v_begun boolean;
BEGIN
    SELECT * INTO v_batch FROM payout.batch WHERE id = p_id FOR UPDATE;
    IF v_batch.state IS DISTINCT FROM 'releasing' THEN
        RETURN log.refusal('not_allowed_here', 'the batch is ' || COALESCE(v_batch.state, 'none'));
    END IF;
    v_begun := EXISTS (SELECT FROM payout.submission WHERE batch_id = p_id AND step = 'begun');
    SELECT pg_catalog.octet_length(e.bytes) INTO v_size FROM payout.evidence AS e
    WHERE e.sha256 = v_batch.file_sha256 AND pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') = v_batch.file_sha256;
    -- What may have left already is not refused any more: only bank evidence ends it.
    IF NOT v_begun THEN
        v_wrong := CASE WHEN v_size IS NULL THEN 'not_approved' WHEN payout.payees_moved(p_id) THEN 'payee_changed' END;
        IF v_wrong IS NOT NULL THEN
            PERFORM payout.refuse_batch(p_id, v_wrong);
            RETURN log.refusal(v_wrong, 'nothing of the batch left: it is refused');
        END IF;
        INSERT INTO payout.submission (batch_id, step, rail) VALUES (p_id, 'begun', p_rail);
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('message_id', v_batch.message_id, 'sha256', v_batch.file_sha256, 'size', v_size, 'begun', v_begun));
END
$$;
