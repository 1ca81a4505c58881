-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one invoice, and with p_document its stored bytes as text, for the print page.
-- Outcomes: ok, not_found, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_invoice(p_actor uuid, p_org uuid, p_id uuid, p_document boolean) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_invoice payout.invoice;
BEGIN
    SELECT * INTO v_invoice FROM payout.invoice WHERE id = p_id;
    IF NOT FOUND OR NOT (COALESCE(governance.is_office(p_actor, 'treasurer'), false)
        OR COALESCE(v_invoice.licensee = p_org AND v_invoice.state <> 'draft', false)) THEN
        RETURN log.refusal('not_found', 'there is no such invoice, or it is not yours');
    END IF;
    IF NOT p_document THEN
        RETURN log.answer('ok', payout.invoice_json(p_id));
    END IF;
    IF v_invoice.doc_sha256 IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'a draft has no document yet');
    END IF;
    RETURN log.answer('ok', (SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb FROM payout.evidence AS e WHERE e.sha256 = v_invoice.doc_sha256));
END
$$;
