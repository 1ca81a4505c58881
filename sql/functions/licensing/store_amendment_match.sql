-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores the match of an agreement under the terms that amend it. Where it permits, or asks for a council that approved the agreement
--          before: body.offer and body.conditions, from which C makes the new version. Otherwise nothing is offered and the agreement ends.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.store_amendment_match(p_id uuid, p_result jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_offer licensing.offer;
    v_agreement uuid;
    v_base jsonb;
BEGIN
    SELECT o.* INTO v_offer FROM licensing.amendment AS m JOIN licensing.agreement AS a ON a.id = m.agreement_id JOIN licensing.offer AS o ON o.id = a.offer_id
    WHERE m.id = p_id;
    SELECT m.agreement_id INTO v_agreement FROM licensing.amendment AS m WHERE m.id = p_id;
    PERFORM licensing.store_evaluations(v_agreement, p_result);
    IF p_result ->> 'decision' = 'deny' OR p_result ->> 'decision' = 'council' AND v_offer.case_id IS NULL THEN
        RETURN log.answer('ok', '{}');
    END IF;
    v_base := licensing.offer_base(v_offer.application_id, v_agreement);
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('offer', v_base, 'conditions', v_offer.body -> 'conditions'));
END
$$;
