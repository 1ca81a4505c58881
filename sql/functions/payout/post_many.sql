-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one door of the journal, for any number of transactions: all of them or none, with the outcome of posting one after the other. p_txns: n is their place
--          from 1, txn_id is given; month, postings and debit_minor are found here. p_lines: in order of n, lines numbered from 1 within each. p_refs: outside events.
--          One event is one transaction is one evidence document is one leaf.
-- Outcomes: posted {"first_no"}: the others follow it without a gap; else a refusal of payout.book_set, which of several transactions it is being {"txn"}, its place.
-- Locks: those of payout.book_set.
CREATE OR REPLACE FUNCTION payout.post_many(p_txns payout.txn_draft[], p_lines payout.line_draft[], p_refs payout.ref_draft[] DEFAULT NULL) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := payout.book_set(p_txns, p_lines, p_refs);
BEGIN
    IF v_answer.outcome <> 'posted' AND pg_catalog.cardinality(p_txns) > 1 THEN
        RETURN payout.book_each(p_txns, p_lines, p_refs);
    END IF;
    RETURN v_answer;
END
$$;
