-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: usage priced by a plan, from the text of payout 8.5: each charge in turn, sample units first, then what is free, then what is billed, as far as the cap
--          has room; at the end what is missing to the minimum.
-- Outcomes: rows in the order of the plan and of classes; lines with neither units nor amount are left out.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.price_usage(p_plan jsonb, p_usage jsonb) RETURNS TABLE (charge text, class text, units numeric, minor numeric)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_keep numeric := 1000000 - COALESCE((p_plan -> 'discounts' ->> (p_usage ->> 'tier'))::numeric, 0);
    v_round text := COALESCE(p_plan ->> 'round', 'half_up');
    v_cap numeric := (p_plan ->> 'cap')::numeric;
    v_fixed numeric := 0;
    v_variable numeric := 0;
    v_charge jsonb;
    v_units numeric;
    v_sample numeric;
    v_free numeric;
    v_billed numeric;
    v_cost numeric;
    v_low numeric;
    v_high numeric;
BEGIN
    FOR v_charge IN SELECT c.v FROM pg_catalog.jsonb_array_elements(p_plan -> 'charges') WITH ORDINALITY AS c (v) ORDER BY c.ordinality LOOP
        charge := v_charge ->> 'id';
        IF v_charge ->> 'model' = 'flat' THEN
            v_cost := audit.charge_cost(v_charge, 0, 0, v_keep, v_round);
            v_fixed := v_fixed + v_cost;
            RETURN QUERY SELECT charge, 'FIXED', 0::numeric, v_cost WHERE v_cost > 0;
            CONTINUE;
        END IF;
        v_units := COALESCE((CASE v_charge ->> 'model' WHEN 'percent' THEN p_usage ->> 'declared_revenue' ELSE p_usage -> 'meters' -> (v_charge ->> 'meter') ->> 'units' END)::numeric, 0);
        v_sample := COALESCE((p_usage -> 'meters' -> (v_charge ->> 'meter') ->> 'sample')::numeric, 0);
        v_free := LEAST(v_units, COALESCE((v_charge ->> 'free')::numeric, 0));
        v_billed := v_units - v_free;
        v_cost := audit.charge_cost(v_charge, v_billed, v_billed, v_keep, v_round);
        v_high := v_billed;
        IF v_cost > v_cap - v_variable THEN
            v_cost := v_cap - v_variable;
            v_low := 0; -- the smallest number of units that costs as much: above v_low, at most v_high
            v_high := CASE WHEN v_cost = 0 THEN 0 ELSE v_billed END;
            WHILE v_high - v_low > 1 LOOP
                IF audit.charge_cost(v_charge, pg_catalog.div(v_low + v_high, 2), v_billed, v_keep, v_round) >= v_cost THEN
                    v_high := pg_catalog.div(v_low + v_high, 2);
                ELSE
                    v_low := pg_catalog.div(v_low + v_high, 2);
                END IF;
            END LOOP;
        END IF;
        v_variable := v_variable + v_cost;
        RETURN QUERY SELECT charge, x.class, x.units, x.minor
            FROM (VALUES (1, 'SAMPLE', v_sample, 0::numeric), (2, 'GRACE', v_free, 0), (3, 'VARIABLE', v_high, v_cost), (4, 'CAPPED', v_billed - v_high, 0)) AS x (place, class, units, minor)
            WHERE x.units > 0 OR x.minor > 0 ORDER BY x.place;
    END LOOP;
    v_cost := audit.charge_cost(pg_catalog.jsonb_build_object('model', 'flat', 'amount', COALESCE(p_plan -> 'minimum', '0')), 0, 0, v_keep, v_round) - v_fixed - v_variable;
    RETURN QUERY SELECT 'minimum', 'FIXED', 0::numeric, v_cost WHERE v_cost > 0;
END
$$;
