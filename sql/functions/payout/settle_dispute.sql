-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the treasurer settles a dispute, of whichever kind it is.
-- Outcomes: invalid; those of payout.settle_invoice_dispute and payout.settle_line_dispute.
-- Locks: theirs.
CREATE OR REPLACE FUNCTION payout.settle_dispute(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_of_member boolean := EXISTS (SELECT FROM payout.dispute WHERE id = p_id AND kind = 'member');
BEGIN
    IF p_body ? 'correction' AND NOT (v_of_member AND p_body->'correction' ?& '{amount,fund,resolution}'::text[]) THEN
        RETURN log.refusal('invalid', 'a correction is of a line', '[{"pointer": "/correction", "detail": "has amount, fund and resolution, and goes with a dispute of a member"}]');
    END IF;
    RETURN CASE WHEN v_of_member THEN payout.settle_line_dispute(p_actor, p_key, p_id, p_body) ELSE payout.settle_invoice_dispute(p_actor, p_key, p_id, p_body) END;
END
$$;
