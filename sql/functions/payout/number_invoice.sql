-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives a draft of an invoice or credit note its number, its document and its journal transaction with these postings, or leaves it as it is.
-- Outcomes: issued, those of payout.post.
-- Locks: the series row, so that numbers have no gaps, then those of payout.post. The caller holds the invoice.
CREATE OR REPLACE FUNCTION payout.number_invoice(p_actor uuid, p_invoice payout.invoice, p_postings jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_day date := payout.today();
    v_year integer := pg_catalog.date_part('year', v_day);
    v_json jsonb := payout.invoice_json(p_invoice.id);
    v_parts jsonb;
    v_no bigint;
    v_series text := p_invoice.kind || '-' || v_year;
    v_number text;
    v_reference text;
    v_doc text;
    v_post log.answer;
    v_txn record;
BEGIN
    -- What the number does not touch is written before the series is locked: all who issue wait for that lock.
    SELECT pg_catalog.jsonb_object_agg(e.key, log.canonical(e.value)) INTO v_parts
    FROM pg_catalog.jsonb_each(v_json - '{state,open,txn_id,doc_sha256,service_month,credit_notes,written_off}'::text[]) AS e;
    -- A queue before the row: of those who wait for a row that moves on each commit wakes all.
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout series ' || p_invoice.kind || v_year, 0));
    INSERT INTO payout.invoice_series (kind, year) SELECT p_invoice.kind, v_year
    WHERE NOT EXISTS (SELECT FROM payout.invoice_series AS s WHERE s.kind = p_invoice.kind AND s.year = v_year) ON CONFLICT (kind, year) DO NOTHING;
    SELECT s.last_no + 1 INTO v_no FROM payout.invoice_series AS s WHERE s.kind = p_invoice.kind AND s.year = v_year FOR UPDATE;
    v_number := payout.invoice_number(v_series, v_no);
    v_reference := payout.rf_reference(pg_catalog.replace(v_number, '-', ''));
    SELECT payout.store_evidence('application/json', pg_catalog.convert_to(
        '{' || pg_catalog.string_agg(pg_catalog.to_json(e.key) || ':' || e.value, ',' ORDER BY e.key COLLATE "C") || '}', 'UTF8')) INTO v_doc
    FROM pg_catalog.jsonb_each_text(v_parts || pg_catalog.jsonb_build_object('schema', '"invoice/1"', 'series', pg_catalog.to_json(v_series)::text, 'no', v_no,
        'number', pg_catalog.to_json(v_number)::text, 'issued_on', pg_catalog.to_json(v_day)::text, 'due_on', pg_catalog.to_json(v_day + p_invoice.due_days)::text,
        'reference', pg_catalog.to_json(v_reference)::text)) AS e;
    v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', CASE p_invoice.kind WHEN 'INV' THEN 'invoice' ELSE 'credit_note' END,
        'occurred_on', v_day, 'actor', p_actor, 'evidence_sha256', v_doc,
        'refs', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'invoice', 'external_ref', p_invoice.id)))), p_postings);
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.invoice_series SET last_no = v_no WHERE kind = p_invoice.kind AND year = v_year;
    UPDATE payout.invoice SET state = 'issued', series = v_series, no = v_no, issued_on = v_day, due_on = v_day + p_invoice.due_days, reference = v_reference,
        doc_sha256 = v_doc, txn_id = (v_post.body->'txns'->0->>'txn_id')::uuid, issued_by = p_actor WHERE id = p_invoice.id;
    SELECT t.txn_no, t.debit_minor INTO v_txn FROM payout.txn AS t WHERE t.txn_id = (v_post.body->'txns'->0->>'txn_id')::uuid AND t.month = pg_catalog.date_trunc('month', v_day)::date;
    PERFORM log.append_leaf('invoice', p_invoice.id::text, v_doc, pg_catalog.jsonb_build_object('kind', p_invoice.kind, 'number', v_number,
        'txn_no', v_txn.txn_no, 'debit', v_txn.debit_minor, 'gross', p_invoice.gross, 'currency', p_invoice.currency));
    -- As payout.invoice_json would say it now, without asking while all others wait.
    RETURN log.answer('issued', v_json || pg_catalog.jsonb_build_object('state', 'issued', 'series', v_series, 'no', v_no, 'number', v_number, 'issued_on', v_day,
        'due_on', v_day + p_invoice.due_days, 'reference', v_reference, 'doc_sha256', v_doc, 'txn_id', v_post.body->'txns'->0->'txn_id',
        'open', payout.money(CASE p_invoice.kind WHEN 'INV' THEN p_invoice.gross ELSE 0 END, p_invoice.currency)));
END
$$;
