-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: carries out one order of the board on one grant: suspend is an emergency suspension, which ends by itself after the charter's
--          suspension_seconds and of which one is open at most; resume ends it, and a hearing as cured; revoke opens a hearing, or ends one
--          (licensing.hear_grant). Once for each order.
-- Outcomes: none; done, hearing, nothing to do; before (it was carried out earlier); NULL: the board decided nothing of the kind.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.carry_out_order(p_order uuid, p_grant uuid, p_act text, p_actor uuid) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_cause text;
    v_pool uuid := (SELECT g.pool_id FROM licensing.data_grant AS g WHERE g.id = p_grant);
    v_done boolean := false;
    v_result text;
BEGIN
    SELECT COALESCE(NULLIF(o.cause, ''), 'by decision of the board') INTO v_cause FROM governance.board_order AS o
    WHERE o.order_id = p_order AND o.grant_id = p_grant AND o.act = p_act AND o.decided_at <= pg_catalog.clock_timestamp();
    IF NOT FOUND OR v_pool IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_pool));
    IF EXISTS (SELECT FROM licensing.grant_order AS d WHERE d.order_id = p_order AND d.grant_id = p_grant AND d.act = p_act) THEN
        RETURN 'before';
    END IF;
    IF p_act = 'suspend' THEN
        v_done := licensing.hold_grant(p_grant, 'emergency', v_cause, p_order, pg_catalog.clock_timestamp() + governance.duration('suspension_seconds'), p_actor);
    ELSIF p_act = 'resume' THEN
        INSERT INTO licensing.hearing_end (hearing_id, result, order_id)
        SELECT h.id, 'cured', p_order FROM licensing.hearing AS h WHERE h.grant_id = p_grant ON CONFLICT DO NOTHING;
        v_done := FOUND;
        v_done := licensing.release_grant(p_grant, 'emergency', v_cause, 'B', p_actor) OR v_done;
    ELSE
        v_result := licensing.hear_grant(p_order, p_grant, v_cause, p_actor);
    END IF;
    v_result := COALESCE(v_result, CASE WHEN v_done THEN 'done' ELSE 'nothing to do' END);
    INSERT INTO licensing.grant_order (order_id, grant_id, act, result, actor) VALUES (p_order, p_grant, p_act, v_result, p_actor);
    PERFORM licensing.finish_hearing(p_grant);
    RETURN v_result;
END
$$;
