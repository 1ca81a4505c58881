-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: fixes recipients at floor or cap, round by round (payout.md 7.5, steps 2 and 3); all comparisons multiplied out.
-- Outcomes: what is left for those who stay open.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.fix_clamp(p_pot numeric) RETURNS numeric
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_rest numeric := p_pot;
    v_sum numeric;
    v_balance numeric;
    v_fixed numeric;
BEGIN
    LOOP
        SELECT GREATEST(COALESCE(pg_catalog.sum(c.v), 0), 1) INTO v_sum FROM audit.work_clamp AS c WHERE c.fixed IS NULL;
        SELECT pg_catalog.sum(CASE WHEN v_rest * c.v < c.floor * v_sum THEN c.floor * v_sum - v_rest * c.v ELSE c.cap * v_sum - v_rest * c.v END) INTO v_balance
        FROM audit.work_clamp AS c WHERE c.fixed IS NULL AND (v_rest * c.v < c.floor * v_sum OR v_rest * c.v > c.cap * v_sum);
        EXIT WHEN v_balance IS NULL;
        WITH moved AS (
            UPDATE audit.work_clamp AS c SET fixed = CASE WHEN v_rest * c.v < c.floor * v_sum THEN c.floor ELSE c.cap END
            WHERE c.fixed IS NULL AND ((v_balance >= 0 AND v_rest * c.v < c.floor * v_sum) OR (v_balance <= 0 AND v_rest * c.v > c.cap * v_sum))
            RETURNING c.fixed)
        SELECT pg_catalog.sum(m.fixed) INTO v_fixed FROM moved AS m;
        v_rest := v_rest - v_fixed;
    END LOOP;
    RETURN v_rest;
END
$$;
