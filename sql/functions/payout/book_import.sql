-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: books the entries of a staged and matched file, each as one transaction: receipt, payment, return, else suspense. In each statement the credits
--          come first, because the book knows no overdraft on the way.
-- Outcomes: none; raises what payout.post_many refuses.
-- Locks: those of payout.post_many.
CREATE OR REPLACE FUNCTION payout.book_import(p_actor uuid, p_import uuid, p_sha256 text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_part CONSTANT integer := 10000;
    v_from integer;
    v_heads record;
    v_post log.answer;
BEGIN
    INSERT INTO payout.import_txn (import, n, entry_id, txn_id, first_txn, kind, rule, source, booked_on, minor, fee)
    SELECT p_import, pg_catalog.row_number() OVER (ORDER BY e.statement, e.minor < 0, e.ordinal), e.entry_id, e.txn_id, e.first_txn,
        COALESCE(m.kind, CASE WHEN e.minor > 0 THEN 'suspense' ELSE 'suspense_debit' END), COALESCE(m.rule, 'none'),
        CASE WHEN e.first_txn IS NULL THEN 'Assets:Bank:' || a.name WHEN e.minor > 0 THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END,
        CASE WHEN e.first_txn IS NULL THEN COALESCE(e.booked_on, (s.doc->>'to_on')::date) ELSE payout.today() END, e.minor, COALESCE(m.fee, 0)
    FROM payout.import_entry AS e JOIN payout.import_statement AS s ON s.import = p_import AND s.no = e.statement JOIN payout.bank_account AS a ON a.id = s.bank_account_id
    LEFT JOIN payout.import_match AS m ON m.import = p_import AND m.entry_id = e.entry_id
    WHERE e.import = p_import AND (m.entry_id IS NOT NULL OR e.first_txn IS NULL);
    ANALYZE payout.import_txn, payout.import_payment;
    PERFORM payout.book_receipts(p_import);
    -- In parts, all in this transaction, so that a session never holds a whole file as rows on their way.
    FOR v_from IN SELECT g FROM pg_catalog.generate_series(1, (SELECT pg_catalog.max(t.n) FROM payout.import_txn AS t WHERE t.import = p_import), c_part) AS g LOOP
        SELECT * INTO v_heads FROM payout.import_txns(p_actor, p_import, p_sha256, v_from, v_from + c_part - 1);
        v_post := payout.post_many(v_heads.txns, payout.import_lines(p_import, v_from, v_from + c_part - 1), v_heads.refs);
        IF v_post.outcome <> 'posted' THEN
            RAISE EXCEPTION 'bank file %, from transaction %: % %', p_sha256, v_from, v_post.outcome, v_post.body USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule, matched_by)
    SELECT t.entry_id, CASE WHEN t.first_txn IS NULL THEN 1 ELSE (SELECT pg_catalog.max(m.step) + 1 FROM payout.entry_match AS m WHERE m.entry_id = t.entry_id) END,
        t.kind, t.txn_id, t.rule, p_actor
    FROM payout.import_txn AS t WHERE t.import = p_import ORDER BY t.n;
    PERFORM payout.hold_returned((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.payment_id, 'txn_id', t.txn_id, 'reason', p.reason) ORDER BY t.n, p.payment_id)
        FROM payout.import_payment AS p JOIN payout.import_txn AS t ON t.import = p_import AND t.entry_id = p.entry_id
        WHERE p.import = p_import AND t.kind = 'return'));
END
$$;
