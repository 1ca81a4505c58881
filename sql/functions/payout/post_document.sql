-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: payout.post for one transaction that rests on a document of ours: both are stored, or neither. p_txn and p_postings as there, without evidence_sha256.
-- Outcomes: posted {"txn_id", "txn_no"}; those of payout.post_many.
-- Locks: the primary key of payout.evidence, then those of payout.post_many.
CREATE OR REPLACE FUNCTION payout.post_document(p_txn jsonb, p_document jsonb, p_postings jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer;
BEGIN
    v_answer := payout.post(pg_catalog.jsonb_build_array(p_txn || pg_catalog.jsonb_build_object('evidence_sha256', payout.store_document(p_document))), p_postings);
    IF v_answer.outcome <> 'posted' THEN
        RAISE EXCEPTION 'not posted' USING ERRCODE = 'CH001';
    END IF;
    v_answer.body := v_answer.body->'txns'->0;
    RETURN v_answer;
EXCEPTION WHEN SQLSTATE 'CH001' THEN
    RETURN v_answer;
END
$$;
