-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: shares a split with floors or caps (payout.md 7.5) into audit.work_given.
-- Outcomes: {clamp, leftover, flags}.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.share_clamped(p_no integer, p_step jsonb, p_run_id text, p_pot numeric, p_amount numeric) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_cap numeric := CASE pg_catalog.jsonb_typeof(p_step->'cap_each') WHEN 'number' THEN (p_step->>'cap_each')::numeric
        WHEN 'object' THEN pg_catalog.div(p_amount * (p_step->'cap_each'->>'num')::numeric, (p_step->'cap_each'->>'den')::numeric) END;
    v_floors numeric := audit.weigh_clamp(p_step, v_cap, COALESCE((p_step->>'floor_each')::numeric, 0));
    v_rest numeric := p_pot;
    v_leftover numeric := 0;
    v_flags jsonb := '[]';
BEGIN
    IF v_floors > p_pot THEN
        v_flags := pg_catalog.jsonb_build_array('floors_unfunded:' || (p_step->>'id'));
        INSERT INTO audit.work_share (grp, path, id, total, weight)
        SELECT 'clamp', pg_catalog.convert_to(c.id, 'UTF8'), c.id, p_pot, c.floor FROM audit.work_clamp AS c WHERE c.floor > 0;
    ELSE
        v_rest := audit.fix_clamp(p_pot);
        IF NOT EXISTS (SELECT FROM audit.work_clamp AS c WHERE c.fixed IS NULL AND c.v > 0) THEN
            v_leftover := v_rest;
            IF v_rest > 0 THEN
                v_flags := pg_catalog.jsonb_build_array('caps_bind:' || (p_step->>'id'));
            END IF;
        END IF;
        INSERT INTO audit.work_share (grp, path, id, total, weight)
        SELECT 'clamp', pg_catalog.convert_to(c.id, 'UTF8'), c.id, v_rest, c.v FROM audit.work_clamp AS c WHERE c.fixed IS NULL AND c.v > 0;
        INSERT INTO audit.work_given (step, id, minor) SELECT p_no, c.id, c.fixed FROM audit.work_clamp AS c WHERE c.fixed > 0;
    END IF;
    PERFORM audit.apportion(p_run_id);
    INSERT INTO audit.work_given (step, id, minor) SELECT p_no, r.id, r.minor FROM audit.work_result AS r WHERE r.minor > 0;
    RETURN pg_catalog.jsonb_build_object('clamp', audit.cutoff_of('clamp') || pg_catalog.jsonb_build_object('rest', v_rest), 'leftover', v_leftover, 'flags', v_flags);
END
$$;
