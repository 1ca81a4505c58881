-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: payout.book_set where accounts are missing: those the chart has are opened with the booking, or not at all.
-- Outcomes: invalid for what the chart does not have; those of payout.book_set.
-- Locks: those of payout.open_accounts and payout.book_set.
CREATE OR REPLACE FUNCTION payout.open_and_book(p_txns payout.txn_draft[], p_lines payout.line_draft[], p_refs payout.ref_draft[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_path text;
    v_answer log.answer;
BEGIN
    SELECT l.path INTO v_path FROM (SELECT DISTINCT u.path FROM pg_catalog.unnest(p_lines) AS u) AS l WHERE NOT EXISTS (SELECT FROM payout.chart AS c WHERE c.shape = payout.chart_shape(l.path)) LIMIT 1;
    IF v_path IS NOT NULL THEN
        RETURN log.refusal('invalid', 'the chart of accounts has no ' || v_path);
    END IF;
    PERFORM payout.open_accounts(p_lines);
    v_answer := payout.book_set(p_txns, p_lines, p_refs);
    IF v_answer.outcome <> 'posted' THEN
        RAISE EXCEPTION 'not posted' USING ERRCODE = 'CH001';
    END IF;
    RETURN v_answer;
EXCEPTION WHEN SQLSTATE 'CH001' THEN
    RETURN v_answer;
END
$$;
