-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens a dispute: of a licensee about an invoice {kind, invoice_id, amount?, grounds}, of a member about the own line of a run {kind, run,
--          grounds}.
-- Outcomes: invalid; those of payout.dispute_invoice and payout.dispute_line.
-- Locks: theirs.
CREATE OR REPLACE FUNCTION payout.open_dispute(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_about text := CASE p_body->>'kind' WHEN 'member' THEN 'run' ELSE 'invoice_id' END;
    v_other jsonb := p_body - '{kind,grounds,amount}'::text[] - v_about;
BEGIN
    IF NOT p_body ? v_about OR v_other <> '{}' OR (v_about = 'run' AND p_body ? 'amount') THEN
        RETURN log.refusal('invalid', 'a member disputes a run, a licensee an invoice', pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_build_object('pointer', '/' || v_about, 'detail', 'is what a ' || (p_body->>'kind') || ' disputes, and nothing else')));
    END IF;
    RETURN CASE v_about WHEN 'run' THEN payout.dispute_line(p_actor, p_key, p_body) ELSE payout.dispute_invoice(p_actor, p_key, p_body) END;
END
$$;
