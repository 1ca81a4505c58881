-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: payout.post_many for documents. p_txns: array of {"kind", "occurred_on", "evidence_sha256", "txn_id"?, "actor"?, "approvals"?,
--          "resolution"?, "concerns"?, "reverses"?, "claws_back"?, "refs"?: [{"kind", "external_ref"}]}; p_postings as in payout.read_lines.
-- Outcomes: posted {"txns": [{"txn_id", "txn_no"}]}; those of payout.post_many.
-- Locks: those of payout.post_many.
CREATE OR REPLACE FUNCTION payout.post(p_txns jsonb, p_postings jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txns payout.txn_draft[] := payout.read_txns(p_txns);
    v_answer log.answer := payout.post_many(v_txns, payout.read_lines(p_postings), payout.read_refs(p_txns));
    v_before bigint := (v_answer.body->>'first_no')::bigint - 1;
    v_posted jsonb := '[]';
    v_txn payout.txn_draft;
BEGIN
    IF v_answer.outcome = 'posted' THEN
        FOREACH v_txn IN ARRAY v_txns LOOP
            v_posted := v_posted || pg_catalog.jsonb_build_object('txn_id', v_txn.txn_id, 'txn_no', v_before + v_txn.n);
        END LOOP;
        v_answer.body := pg_catalog.jsonb_build_object('txns', v_posted);
    END IF;
    RETURN v_answer;
END
$$;
