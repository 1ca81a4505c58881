-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a set of payout.post_many one after the other, each judged with those before it in the book: what tells which one is refused, and books those that only
--          their order allows. All of them or none.
-- Outcomes: those of payout.post_many.
-- Locks: those of payout.book_set, one transaction after the other.
CREATE OR REPLACE FUNCTION payout.book_each(p_txns payout.txn_draft[], p_lines payout.line_draft[], p_refs payout.ref_draft[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer;
    v_txn payout.txn_draft;
    v_at integer;
    v_first jsonb;
BEGIN
    FOREACH v_txn IN ARRAY p_txns LOOP
        v_at := v_txn.n;
        v_txn.n := 1;
        v_answer := payout.book_set(ARRAY[v_txn],
            (SELECT pg_catalog.array_agg(ROW(1, l.line, l.owner_id, l.path, l.minor)::payout.line_draft ORDER BY l.line) FROM pg_catalog.unnest(p_lines) AS l WHERE l.n = v_at),
            (SELECT pg_catalog.array_agg(ROW(1, r.kind, r.external_ref)::payout.ref_draft) FROM pg_catalog.unnest(p_refs) AS r WHERE r.n = v_at));
        IF v_answer.outcome <> 'posted' THEN
            RAISE EXCEPTION 'not posted' USING ERRCODE = 'CH001';
        END IF;
        v_first := COALESCE(v_first, v_answer.body);
    END LOOP;
    RETURN ROW('posted', v_first)::log.answer;
EXCEPTION WHEN SQLSTATE 'CH001' THEN
    RETURN ROW(v_answer.outcome, v_answer.body || pg_catalog.jsonb_build_object('txn', v_at, 'detail', 'transaction ' || v_at || ': ' || (v_answer.body->>'detail')))::log.answer;
END
$$;
