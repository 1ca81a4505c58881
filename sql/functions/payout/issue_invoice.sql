-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: issues a draft: number, document and journal transaction (event 1) in one transaction.
-- Outcomes: issued, already_issued, forbidden, not_found, idempotency_conflict, those of payout.post.
-- Locks: the invoice, then those of payout.number_invoice.
CREATE OR REPLACE FUNCTION payout.issue_invoice(p_actor uuid, p_key text, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'issue_invoice ' || p_id, NULL);
    v_invoice payout.invoice;
    v_answer log.answer;
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
    v_answer := payout.number_invoice(p_actor, v_invoice, (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', x.path, 'minor', x.minor) ORDER BY x.o, x.path) FROM (
        SELECT 1 AS o, 'Assets:Receivable:' || v_invoice.licensee AS path, v_invoice.gross AS minor
        UNION ALL SELECT 2, 'Liabilities:VAT:' || v_invoice.vat_country, -v_invoice.vat WHERE v_invoice.vat > 0
        UNION ALL SELECT 3, 'Liabilities:Pool:' || s.pool || ':Invoiced', -pg_catalog.sum(s.net)::bigint
        FROM payout.revenue_slice AS s WHERE s.invoice_id = p_id GROUP BY s.pool) AS x));
    IF v_answer.outcome <> 'issued' THEN
        RETURN v_answer;
    END IF;
    RETURN log.remember('payout', p_actor::text, p_key, 'issue_invoice ' || p_id, NULL, v_answer);
END
$$;
