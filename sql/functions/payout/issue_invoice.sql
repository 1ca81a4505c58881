-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives a draft its number, its document and its journal transaction (event 1), all in one transaction, so that numbers have no gaps.
-- Outcomes: issued, already_issued, forbidden, not_found, idempotency_conflict, those of payout.post.
-- Locks: the invoice, its series row, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.issue_invoice(p_actor uuid, p_key text, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'issue_invoice ' || p_id, NULL);
    v_invoice payout.invoice;
    v_day date := payout.today();
    v_no bigint;
    v_series text;
    v_reference text;
    v_doc text;
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer issues invoices');
    END IF;
    SELECT * INTO v_invoice FROM payout.invoice WHERE id = p_id FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no invoice ' || p_id);
    END IF;
    IF v_invoice.state <> 'draft' THEN
        RETURN log.answer('already_issued', payout.invoice_json(p_id));
    END IF;
    INSERT INTO payout.invoice_series (kind, year) VALUES (v_invoice.kind, pg_catalog.date_part('year', v_day)::integer) ON CONFLICT (kind, year) DO NOTHING;
    SELECT last_no + 1, kind || '-' || year INTO v_no, v_series FROM payout.invoice_series
    WHERE kind = v_invoice.kind AND year = pg_catalog.date_part('year', v_day)::integer FOR UPDATE;
    v_reference := payout.rf_reference(pg_catalog.replace(payout.invoice_number(v_series, v_no), '-', ''));
    v_doc := payout.store_document((payout.invoice_json(p_id) - ARRAY['state', 'open', 'txn_id', 'doc_sha256', 'service_month'])
        || pg_catalog.jsonb_build_object('schema', 'invoice/1', 'series', v_series, 'no', v_no, 'number', payout.invoice_number(v_series, v_no),
            'issued_on', v_day, 'due_on', v_day + v_invoice.due_days, 'reference', v_reference));
    v_post := payout.post(pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'invoice', 'occurred_on', v_day, 'actor', p_actor,
            'evidence_sha256', v_doc, 'refs', pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'invoice', 'external_ref', p_id)))),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor) ORDER BY x.o, x.path) FROM (
            SELECT 1 AS o, 'Assets:Receivable:' || v_invoice.licensee AS path, v_invoice.gross AS minor
            UNION ALL SELECT 2, 'Liabilities:VAT:' || v_invoice.vat_country, -v_invoice.vat WHERE v_invoice.vat > 0
            UNION ALL SELECT 3, 'Liabilities:Pool:' || s.pool || ':Invoiced', -pg_catalog.sum(s.net)::bigint
            FROM payout.revenue_slice AS s WHERE s.invoice_id = p_id GROUP BY s.pool) AS x));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    UPDATE payout.invoice_series SET last_no = v_no WHERE kind = v_invoice.kind AND year = pg_catalog.date_part('year', v_day)::integer;
    UPDATE payout.invoice SET state = 'issued', series = v_series, no = v_no, issued_on = v_day, due_on = v_day + v_invoice.due_days,
        reference = v_reference, doc_sha256 = v_doc, txn_id = (v_post.body->'txns'->0->>'txn_id')::uuid, issued_by = p_actor WHERE id = p_id;
    PERFORM log.append_leaf('invoice', p_id::text, v_doc, pg_catalog.jsonb_build_object('kind', v_invoice.kind,
        'number', payout.invoice_number(v_series, v_no), 'gross', v_invoice.gross, 'currency', v_invoice.currency));
    RETURN log.remember('payout', p_actor::text, p_key, 'issue_invoice ' || p_id, NULL, log.answer('issued', payout.invoice_json(p_id)));
END
$$;
