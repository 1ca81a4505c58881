-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws what time does to one agreement: it ends when nobody accepted a new version in time, and its grant ends when an ending has
--          taken effect. The rows of licensing.agreement_due that are past are done with.
-- Outcomes: none; whether its grant or it ended now.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.review_agreement(p_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_state licensing.agreement_state;
    v_done boolean := true;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock((SELECT a.pool_id FROM licensing.agreement AS a WHERE a.id = p_id)));
    SELECT * INTO v_state FROM licensing.agreement_state WHERE agreement_id = p_id;
    IF v_state.over AND v_state.effective_at <= v_now THEN
        PERFORM licensing.end_agreed_grant(p_id, 'trust', NULL, v_state.cause);
    ELSIF NOT v_state.over AND v_state.last_event IS DISTINCT FROM 'replaced'
        AND EXISTS (SELECT FROM licensing.amendment AS m WHERE m.agreement_id = p_id AND m.ends_at <= v_now) THEN
        PERFORM licensing.end_agreement(p_id, 'ended', 'trust', NULL, 'no new version was accepted', NULL, v_now);
    ELSE
        v_done := false;
    END IF;
    DELETE FROM licensing.agreement_due WHERE agreement_id = p_id AND due_at <= v_now;
    RETURN v_done;
END
$$;
