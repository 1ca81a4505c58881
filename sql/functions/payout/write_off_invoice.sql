-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: bad debt (event 21): what is open of an invoice leaves the books. No member is touched. VAT that cannot be had back is an expense. p_body: {reason, vat_recoverable?}.
-- Outcomes: written_off, not_allowed_here, forbidden, not_found, idempotency_conflict, those of payout.post.
-- Locks: the invoice, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.write_off_invoice(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'write_off_invoice ' || p_id, p_body);
    v_invoice payout.invoice;
    v_vat bigint;
    v_gross bigint;
    v_recoverable boolean := COALESCE((p_body->>'vat_recoverable')::boolean, true);
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer writes invoices off');
    END IF;
    SELECT * INTO v_invoice FROM payout.invoice WHERE id = p_id AND kind = 'INV' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no invoice ' || p_id);
    END IF;
    IF v_invoice.state NOT IN ('issued', 'part_paid') THEN
        RETURN log.refusal('not_allowed_here', 'nothing of this invoice is open');
    END IF;
    SELECT pg_catalog.sum(s.open) FILTER (WHERE s.line = 0), pg_catalog.sum(s.open) INTO v_vat, v_gross FROM payout.open_slice AS s WHERE s.invoice_id = p_id;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('kind', 'write_off', 'occurred_on', payout.today(), 'actor', p_actor),
        pg_catalog.jsonb_build_object('schema', 'write-off/1', 'invoice', p_id, 'number', payout.invoice_number(v_invoice.series, v_invoice.no),
            'net', v_gross - v_vat, 'vat', v_vat, 'vat_recoverable', v_recoverable, 'currency', v_invoice.currency, 'reason', p_body->>'reason'),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor) ORDER BY x.o, x.path) FROM (
            SELECT 1 AS o, 'Liabilities:Pool:' || s.pool || ':Invoiced' AS path, pg_catalog.sum(s.open)::bigint AS minor
            FROM payout.open_slice AS s WHERE s.invoice_id = p_id AND s.line > 0 AND s.open > 0 GROUP BY s.pool
            UNION ALL SELECT 2, CASE WHEN v_recoverable THEN 'Liabilities:VAT:' || v_invoice.vat_country ELSE 'Expenses:BadDebt' END, v_vat WHERE v_vat > 0
            UNION ALL SELECT 3, 'Assets:Receivable:' || v_invoice.licensee, -v_gross) AS x));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    INSERT INTO payout.write_off (invoice_id, net, vat, vat_recoverable, reason, txn_id, written_off_by)
    VALUES (p_id, v_gross - v_vat, v_vat, v_recoverable, p_body->>'reason', (v_post.body->>'txn_id')::uuid, p_actor);
    UPDATE payout.invoice SET state = 'written_off' WHERE id = p_id;
    RETURN log.remember('payout', p_actor::text, p_key, 'write_off_invoice ' || p_id, p_body, log.answer('written_off', payout.invoice_json(p_id)));
END
$$;
