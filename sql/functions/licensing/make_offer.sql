-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: freezes an offer: p_offer is licensing.offer_base, narrowed by p_conditions where the council set some. p_command is offer
--          (permit) or decide (approved case). The agreement body whose hash the signatory will send is the offer plus parties and time.
-- Outcomes: none; the offer, NULL when the matrix does not allow it.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.make_offer(p_id uuid, p_command text, p_role text, p_actor uuid, p_case uuid, p_offer jsonb, p_conditions jsonb)
RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
BEGIN
    PERFORM FROM licensing.application WHERE id = p_id FOR UPDATE;
    IF p_offer IS NULL OR NOT licensing.move_application(p_id, p_command, p_role, p_actor,
            pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('offer', v_id, 'case', p_case)), 'offered') THEN
        RETURN NULL;
    END IF;
    UPDATE licensing.application SET held = false WHERE id = p_id;
    PERFORM licensing.freeze_offer(v_id, p_id, p_case, p_offer, p_conditions, 'first', NULL, pg_catalog.clock_timestamp());
    RETURN v_id;
END
$$;
