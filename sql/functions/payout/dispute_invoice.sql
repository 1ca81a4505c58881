-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a licensee disputes what it paid (event 15): the net amount waits, and none of the slices it is taken from is distributed meanwhile. p_body: {kind, invoice_id,
--          amount?, grounds}; without an amount all that is not distributed. The licensee for its own invoices, or the treasurer for it.
-- Outcomes: opened, too_late, not_found, invalid, idempotency_conflict, those of payout.post.
-- Locks: the invoice, then those of payout.post.
CREATE OR REPLACE FUNCTION payout.dispute_invoice(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'open_dispute', p_body);
    v_invoice payout.invoice;
    v_id uuid := log.new_id();
    v_most bigint;
    v_minor bigint := (p_body->'amount'->>'minor')::bigint;
    v_slices jsonb;
    v_post log.answer;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    SELECT * INTO v_invoice FROM payout.invoice WHERE id = (p_body->>'invoice_id')::uuid AND kind = 'INV' AND state <> 'draft' FOR UPDATE;
    IF NOT FOUND OR NOT COALESCE(governance.is_office(p_actor, 'treasurer') OR licensing.organisation_of(p_actor) = v_invoice.licensee, false) THEN
        RETURN log.refusal('not_found', 'there is no such invoice, or it is not yours');
    END IF;
    IF payout.other_currency(p_body) THEN
        RETURN log.refusal('invalid', 'amounts are in the book currency');
    END IF;
    SELECT pg_catalog.sum(s.minor) INTO v_most FROM payout.distributable_slice AS s WHERE s.invoice_id = v_invoice.id;
    IF v_most IS NULL THEN
        RETURN log.refusal('too_late', 'a dispute is about money that is paid and not distributed yet: this invoice has none');
    END IF;
    v_minor := COALESCE(v_minor, v_most);
    IF v_minor NOT BETWEEN 1 AND v_most THEN
        RETURN log.refusal('invalid', 'the amount is at most what is not distributed', pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_build_object('pointer', '/amount', 'detail', 'is 1 to ' || v_most)));
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('receipt_slice', x.receipt_slice_id, 'pool', x.pool, 'line', x.line, 'minor', x.minor) ORDER BY x.receipt_slice_id) INTO v_slices
    FROM (SELECT s.receipt_slice_id, s.pool, s.line, LEAST(s.minor, v_minor - COALESCE(pg_catalog.sum(s.minor) OVER (ORDER BY s.receipt_slice_id
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS minor
          FROM payout.distributable_slice AS s WHERE s.invoice_id = v_invoice.id) AS x WHERE x.minor > 0;
    v_post := payout.post_document(pg_catalog.jsonb_build_object('kind', 'dispute_opened', 'occurred_on', payout.today(), 'actor', p_actor),
        pg_catalog.jsonb_build_object('schema', 'dispute/1', 'id', v_id, 'invoice', v_invoice.id, 'amount', v_minor,
            'currency', v_invoice.currency, 'grounds', p_body->>'grounds', 'slices', v_slices),
        (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('path', 'Liabilities:Pool:' || x.pool || d.side, 'minor', d.sign * x.minor) ORDER BY d.sign DESC, x.pool)
         FROM (SELECT e->>'pool' AS pool, pg_catalog.sum((e->>'minor')::bigint)::bigint AS minor FROM pg_catalog.jsonb_array_elements(v_slices) AS e GROUP BY 1) AS x,
             (VALUES (':Received', 1), (':Disputed', -1)) AS d (side, sign)));
    IF v_post.outcome <> 'posted' THEN
        RETURN v_post;
    END IF;
    INSERT INTO payout.dispute (id, kind, invoice_id, minor, grounds, txn_id, opened_by)
    VALUES (v_id, 'licensee', v_invoice.id, v_minor, p_body->>'grounds', (v_post.body->>'txn_id')::uuid, p_actor);
    INSERT INTO payout.dispute_slice (dispute_id, receipt_slice_id, minor)
    SELECT v_id, (e->>'receipt_slice')::bigint, (e->>'minor')::bigint FROM pg_catalog.jsonb_array_elements(v_slices) AS e;
    RETURN log.remember('payout', p_actor::text, p_key, 'open_dispute', p_body, log.answer('opened', payout.dispute_json(v_id)));
END
$$;
