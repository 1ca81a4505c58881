-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: books the entries of a staged and matched file, each as one transaction: receipt, payment, return, else suspense. In each statement the credits
--          come first, because the book knows no overdraft on the way.
-- Outcomes: none; raises what payout.post refuses.
-- Locks: those of payout.post.
CREATE OR REPLACE FUNCTION payout.book_import(p_actor uuid, p_import uuid, p_sha256 text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_part CONSTANT integer := 2500;
    v_from integer;
    v_post log.answer;
BEGIN
    UPDATE payout.import_entry AS e SET kind = CASE WHEN e.minor > 0 THEN 'suspense' ELSE 'suspense_debit' END, rule = 'none'
    WHERE e.import = p_import AND e.kind IS NULL AND e.first_txn IS NULL;
    UPDATE payout.import_entry AS e SET n = x.n
    FROM (SELECT statement, ordinal, pg_catalog.row_number() OVER (ORDER BY statement, minor < 0, ordinal) AS n FROM payout.import_entry
          WHERE import = p_import AND kind IS NOT NULL) AS x
    WHERE e.import = p_import AND e.statement = x.statement AND e.ordinal = x.ordinal;
    ANALYZE payout.import_entry, payout.import_payment;
    PERFORM payout.book_receipts(p_import);
    -- In parts, all in this transaction, so that a session never holds a whole file as documents.
    FOR v_from IN SELECT g FROM pg_catalog.generate_series(1, (SELECT pg_catalog.max(e.n) FROM payout.import_entry AS e WHERE e.import = p_import), c_part) AS g LOOP
        v_post := payout.post((SELECT pg_catalog.jsonb_agg(t.txn ORDER BY t.n) FROM payout.import_txns(p_actor, p_import, p_sha256, v_from, v_from + c_part - 1) AS t),
            (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('txn', l.n, 'path', l.path, 'minor', l.minor) ORDER BY l.n, l.line)
             FROM payout.import_lines(p_import, v_from, v_from + c_part - 1) AS l));
        IF v_post.outcome <> 'posted' THEN
            RAISE EXCEPTION 'bank file %: % %', p_sha256, v_post.outcome, v_post.body USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    INSERT INTO payout.entry_match (entry_id, step, kind, txn_id, rule, matched_by)
    SELECT e.entry_id, CASE WHEN e.first_txn IS NULL THEN 1 ELSE (SELECT pg_catalog.max(m.step) + 1 FROM payout.entry_match AS m WHERE m.entry_id = e.entry_id) END,
        e.kind, e.txn_id, e.rule, p_actor
    FROM payout.import_entry AS e WHERE e.import = p_import AND e.n IS NOT NULL ORDER BY e.n;
    PERFORM payout.hold_returned((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.payment_id, 'txn_id', e.txn_id, 'reason', p.reason) ORDER BY e.n, p.payment_id)
        FROM payout.import_payment AS p JOIN payout.import_entry AS e ON e.import = p_import AND e.entry_id = p.entry_id
        WHERE p.import = p_import AND e.kind = 'return'));
END
$$;
