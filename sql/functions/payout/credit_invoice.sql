-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer credits an invoice. p_body: {reason, lines?: [{line, net}]}; without lines all that is left of it. What was paid is owed back to the licensee;
--          what runs gave out already waits for a clawback run.
-- Outcomes: issued (the credit note), over_credited, not_allowed_here, forbidden, not_found, invalid, idempotency_conflict.
-- Locks: the invoice, then those of payout.write_credit.
CREATE OR REPLACE FUNCTION payout.credit_invoice(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'credit_invoice ' || p_id, p_body);
    v_invoice payout.invoice;
    v_lines jsonb;
    v_answer log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer credits invoices');
    END IF;
    SELECT * INTO v_invoice FROM payout.invoice WHERE id = p_id AND kind = 'INV' FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no invoice ' || p_id);
    END IF;
    IF v_invoice.state IN ('draft', 'written_off') THEN
        RETURN log.refusal('not_allowed_here', 'the invoice is ' || CASE v_invoice.state WHEN 'draft' THEN 'a draft' ELSE 'written off' END);
    END IF;
    IF payout.other_currency(p_body) THEN
        RETURN log.refusal('invalid', 'amounts are in the book currency');
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('line', x.line, 'net', x.net)) INTO v_lines FROM (
        SELECT (e->>'line')::integer AS line, (e->'net'->>'minor')::bigint AS net FROM pg_catalog.jsonb_array_elements(p_body->'lines') AS e
        UNION ALL
        SELECT s.line, pg_catalog.sum(s.owed - s.credited) FROM payout.open_slice AS s
        WHERE NOT p_body ? 'lines' AND s.invoice_id = p_id AND s.line > 0 GROUP BY s.line HAVING pg_catalog.sum(s.owed - s.credited) > 0) AS x;
    IF v_lines IS NULL THEN
        RETURN log.refusal('over_credited', 'nothing is left of this invoice to credit');
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_lines) AS e WHERE NOT EXISTS (SELECT FROM payout.invoice_line AS l WHERE l.invoice_id = p_id AND l.line = (e->>'line')::integer))
        OR (SELECT pg_catalog.count(DISTINCT e->'line') FROM pg_catalog.jsonb_array_elements(v_lines) AS e) < pg_catalog.jsonb_array_length(v_lines) THEN
        RETURN log.refusal('invalid', 'a credit note names lines of the invoice, each once', '[{"pointer": "/lines", "detail": "names a line twice, or one the invoice does not have"}]');
    END IF;
    v_answer := payout.write_credit(p_actor, v_invoice, v_lines, p_body->>'reason', NULL);
    IF v_answer.outcome <> 'issued' THEN
        RETURN v_answer;
    END IF;
    RETURN log.remember('payout', p_actor::text, p_key, 'credit_invoice ' || p_id, p_body, v_answer);
END
$$;
