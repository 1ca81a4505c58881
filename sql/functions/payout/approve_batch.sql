-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores an approval whose signature C has verified; the second makes the batch approved. The text is made again here, so what is stored is what this batch is.
-- Outcomes: approved, those of payout.load_approval, stale.
-- Locks: the batch.
CREATE OR REPLACE FUNCTION payout.approve_batch(p_actor uuid, p_id uuid, p_body jsonb, p_text text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_load log.answer;
    v_approval uuid := log.new_id();
    v_signature bytea := pg_catalog.decode(p_body->>'signature', 'base64');
BEGIN
    PERFORM FROM payout.batch WHERE id = p_id FOR UPDATE;
    v_load := payout.load_approval(p_actor, p_id, p_body);
    IF v_load.outcome <> 'ok' THEN
        RETURN v_load;
    END IF;
    IF v_load.body->>'text' <> p_text THEN
        RETURN log.refusal('stale', 'the batch is another than the one signed');
    END IF;
    INSERT INTO payout.approval (id, batch_id, member_id, office_id, body, key_id, text, signature)
    VALUES (v_approval, p_id, p_actor, (p_body->>'office_id')::uuid, v_load.body->>'body', (p_body->>'key_id')::uuid, p_text, v_signature);
    PERFORM log.append_leaf('approval', v_approval::text, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_text, 'UTF8') || v_signature), 'hex'),
        (SELECT pg_catalog.jsonb_build_object('count', b.count, 'total', b.total) FROM payout.batch AS b WHERE b.id = p_id));
    IF (SELECT pg_catalog.count(DISTINCT member_id) FROM payout.approval WHERE batch_id = p_id) >= 2 THEN
        PERFORM payout.move_batch(p_id, 'approved', p_actor, NULL);
    END IF;
    RETURN log.answer('approved', payout.batch_json(p_id));
END
$$;
