-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: issues a credit note over p_lines ([{line, net}]) of an issued invoice: events 10, 11 and 12, each for its part; with p_dispute event 15 lost. VAT goes the
--          way of the money: off the receivable as far as it is open, else into what is refunded.
-- Outcomes: issued, over_credited, not_allowed_here, those of payout.number_invoice.
-- Locks: those of payout.number_invoice. The caller holds the invoice.
CREATE OR REPLACE FUNCTION payout.write_credit(p_actor uuid, p_invoice payout.invoice, p_lines jsonb, p_reason text, p_dispute uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_credit payout.invoice := p_invoice;
    v_open bigint;
    v_answer log.answer;
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_lines) AS e WHERE (e->>'net')::bigint > COALESCE((SELECT l.net - COALESCE((SELECT pg_catalog.sum(k.minor)
            FROM payout.credit_slice AS k WHERE k.invoice_id = p_invoice.id AND k.line = l.line), 0)
        FROM payout.invoice_line AS l WHERE l.invoice_id = p_invoice.id AND l.line = (e->>'line')::integer), 0)) THEN
        RETURN log.refusal('over_credited', 'a credit note takes at most what is left of each line of the invoice');
    END IF;
    IF (SELECT pg_catalog.sum(p.minor) FROM payout.plan_credit(p_invoice.id, p_dispute, p_lines) AS p) IS DISTINCT FROM (SELECT pg_catalog.sum((e->>'net')::bigint)
            FROM pg_catalog.jsonb_array_elements(p_lines) AS e) THEN
        RETURN log.refusal('not_allowed_here', 'the money of this invoice is in a run under way or in dispute: end that first');
    END IF;
    SELECT log.new_id(), pg_catalog.sum(c.net), pg_catalog.sum(c.vat), pg_catalog.sum(c.net + c.vat) INTO v_credit.id, v_credit.net, v_credit.vat, v_credit.gross
    FROM payout.credit_lines(p_invoice.id, p_lines) AS c;
    INSERT INTO payout.invoice (id, kind, licensee, grant_id, state, currency, due_days, net, vat, gross, vat_country, buyer, seller, created_by, credits, reason)
    VALUES (v_credit.id, 'CRN', v_credit.licensee, v_credit.grant_id, 'draft', v_credit.currency, 0, v_credit.net, v_credit.vat, v_credit.gross, v_credit.vat_country,
        v_credit.buyer, v_credit.seller, p_actor, p_invoice.id, p_reason)
    RETURNING * INTO v_credit;
    SELECT LEAST(s.open, v_credit.vat) INTO v_open FROM payout.open_slice AS s WHERE s.invoice_id = p_invoice.id AND s.line = 0;
    -- A disputed part was paid, and its VAT with it.
    IF p_dispute IS NOT NULL THEN
        SELECT GREATEST(0, v_credit.vat - (s.owed - s.credited - s.open)) INTO v_open FROM payout.open_slice AS s WHERE s.invoice_id = p_invoice.id AND s.line = 0;
    END IF;
    INSERT INTO payout.credit_slice (credit_id, invoice_id, line, pool_id, service_month, pool, source, receipt_slice_id, minor)
    SELECT v_credit.id, p_invoice.id, p.line, p.pool_id, p.service_month, p.pool, p.source, p.receipt_slice_id, p.minor
    FROM payout.plan_credit(p_invoice.id, p_dispute, p_lines) AS p
    UNION ALL
    SELECT v_credit.id, p_invoice.id, 0, NULL, NULL, NULL, x.source, NULL, x.minor FROM (VALUES ('open', v_open), ('received', v_credit.vat - v_open)) AS x (source, minor) WHERE x.minor > 0;
    INSERT INTO payout.invoice_line (invoice_id, line, text, charge, class, units, net, vat_category, vat_ppm, vat, usage_sha256, credited_line)
    SELECT v_credit.id, c.n, l.text, l.charge, l.class, 0, c.net, c.vat_category, c.vat_ppm, c.vat, l.usage_sha256, c.line
    FROM payout.credit_lines(p_invoice.id, p_lines) AS c JOIN payout.invoice_line AS l ON l.invoice_id = p_invoice.id AND l.line = c.line;
    INSERT INTO payout.invoice_vat (invoice_id, vat_category, vat_ppm, base, tax)
    SELECT DISTINCT v_credit.id, c.vat_category, c.vat_ppm, c.base, c.tax FROM payout.credit_lines(p_invoice.id, p_lines) AS c;
    v_answer := payout.number_invoice(p_actor, v_credit, payout.credit_postings(v_credit));
    IF v_answer.outcome <> 'issued' THEN
        RAISE EXCEPTION 'credit note of %: % %', p_invoice.id, v_answer.outcome, v_answer.body USING ERRCODE = 'check_violation';
    END IF;
    UPDATE payout.invoice AS i SET state = x.state
    FROM (SELECT CASE WHEN p_invoice.state = 'written_off' THEN p_invoice.state WHEN (SELECT pg_catalog.sum(c.net) FROM payout.invoice AS c WHERE c.credits = p_invoice.id) = p_invoice.net THEN 'credited'
        WHEN p_invoice.state <> 'paid' AND payout.open_amount(p_invoice.id) = 0 THEN 'paid' ELSE p_invoice.state END AS state) AS x
    WHERE i.id = p_invoice.id AND i.state <> x.state;
    RETURN v_answer;
END
$$;
