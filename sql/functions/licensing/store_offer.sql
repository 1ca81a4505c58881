-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: makes the offer that the council approved: p_offer is what core/conditions.c made of licensing.offer_base under the approved
--          conditions. The guard narrows the same base itself and compares.
-- Outcomes: ok; stale when the application or its evaluation has moved; not_allowed_here.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.store_offer(p_id uuid, p_offer jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.application;
    v_base jsonb;
    v_conditions jsonb;
BEGIN
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id FOR UPDATE;
    SELECT d.conditions INTO v_conditions FROM governance.council_decision AS d
    WHERE d.case_id = v_row.case_id AND d.state = 'decided' AND d.approved;
    IF NOT FOUND OR v_row.state <> 'council_review' THEN
        RETURN log.answer('not_allowed_here');
    END IF;
    v_base := licensing.offer_base(p_id);
    IF v_base -> 'evaluation' IS DISTINCT FROM p_offer -> 'evaluation' OR v_base -> 'quotas' IS NULL OR p_offer -> 'conditions' <> v_conditions
        OR licensing.condition_errors(v_base, v_conditions) = '[]' AND p_offer - 'conditions' <> licensing.apply_conditions(v_base, v_conditions) THEN
        RETURN log.answer('stale');
    END IF;
    PERFORM licensing.make_offer(p_id, 'decide', 'Y', NULL, v_row.case_id, p_offer, v_conditions);
    RETURN log.answer('ok', '{}');
END
$$;
