-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a draft by the treasurer; p_doc is what C computed from p_body (payout.draft_invoice).
-- Outcomes: created, forbidden, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION payout.create_invoice(p_actor uuid, p_key text, p_body jsonb, p_doc jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('payout', p_actor::text, p_key, 'create_invoice', p_body);
    v_id uuid;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    END IF;
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer makes invoices');
    END IF;
    v_id := payout.draft_invoice(p_actor, p_doc);
    RETURN log.remember('payout', p_actor::text, p_key, 'create_invoice', p_body,
        log.answer('created', payout.invoice_json(v_id)));
END
$$;
