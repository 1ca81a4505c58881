-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the rail said of a batch (p_step accepted, refused, unknown): it is sent, refused with event 8 for all, or unknown. An answer that comes
--          when bank evidence, or an unknown outcome, has moved the batch on is kept and moves nothing.
-- Outcomes: ok, those of payout.post.
-- Locks: the batch, then those of payout.refuse_batch.
CREATE OR REPLACE FUNCTION payout.end_submission(p_id uuid, p_rail text, p_step text, p_detail text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_state text;
    v_post log.answer;
BEGIN
    SELECT state INTO v_state FROM payout.batch WHERE id = p_id FOR UPDATE;
    INSERT INTO payout.submission (batch_id, step, rail, detail) VALUES (p_id, p_step, p_rail, p_detail) ON CONFLICT DO NOTHING;
    IF v_state <> 'releasing' THEN
        RETURN log.answer('ok', pg_catalog.jsonb_build_object('state', v_state));
    END IF;
    IF p_step = 'refused' THEN
        v_post := payout.refuse_batch(p_id, p_detail);
        IF v_post.outcome <> 'posted' THEN
            RAISE EXCEPTION 'batch %: % %', p_id, v_post.outcome, v_post.body USING ERRCODE = 'check_violation';
        END IF;
    ELSE
        PERFORM payout.move_batch(p_id, CASE p_step WHEN 'accepted' THEN 'sent' ELSE 'unknown' END, NULL, p_detail);
    END IF;
    RETURN log.answer('ok', (SELECT pg_catalog.jsonb_build_object('state', b.state) FROM payout.batch AS b WHERE b.id = p_id));
END
$$;
