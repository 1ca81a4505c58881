-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an offer under conditions that passed licensing.condition_errors, as the guard sees it. What is offered is made by
--          core/conditions.c; licensing.make_offer compares the two.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.apply_conditions(p_offer jsonb, p_conditions jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now jsonb := p_offer;
    v_one record;
BEGIN
    FOR v_one IN SELECT k.key, k.value FROM pg_catalog.jsonb_array_elements(p_conditions) WITH ORDINALITY AS c (v, n)
        CROSS JOIN LATERAL pg_catalog.jsonb_each(c.v - 'id') AS k ORDER BY c.n LOOP
        v_now := licensing.apply_condition(v_now, v_one.key, v_one.value);
    END LOOP;
    RETURN v_now;
END
$$;
