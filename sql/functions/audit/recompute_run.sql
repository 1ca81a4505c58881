-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: recomputes a distribution from the inputs in audit.work_recipient, work_contribution, work_contributor and p_inputs {run_id, pot,
--          rail_fees, balances, inputs_sha256, rule_sha256}. Lines are left in audit.work_line, funds in audit.work_fund; neither means anything where it aborted.
--          Nobody counted what lies in the work tables: so all rows are joined at once.
-- Outcomes: {outcome, steps, flags, carried, leftover, hash}.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.recompute_run(p_rule jsonb, p_inputs jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
DECLARE
    v_run_id text := p_inputs->>'run_id';
    v_remaining numeric := (p_inputs->>'pot')::numeric;
    v_after jsonb := '{}';
    v_result jsonb;
    v_step jsonb;
    v_entry jsonb;
    v_entries jsonb := '[]';
    v_given jsonb;
    v_flags jsonb := '[]';
    v_carried numeric := 0;
    v_leftover numeric := 0;
    v_base numeric;
    v_want numeric;
    v_amount numeric;
    v_short boolean;
    v_no integer := 0;
    v_outcome text := 'ok';
BEGIN
    TRUNCATE audit.work_share, audit.work_result, audit.work_weight, audit.work_clamp, audit.work_given, audit.work_fund, audit.work_line;
    FOR v_step IN SELECT e.value FROM pg_catalog.jsonb_array_elements(p_rule->'steps') WITH ORDINALITY AS e ORDER BY e.ordinality LOOP
        v_base := CASE WHEN v_step->>'of' = 'gross' THEN (p_inputs->>'pot')::numeric WHEN v_step->>'of' LIKE 'after:%'
            THEN (v_after->>pg_catalog.substr(v_step->>'of', 7))::numeric ELSE v_remaining END;
        v_want := audit.want_step(v_step, v_base, p_inputs);
        v_amount := CASE WHEN v_step->>'kind' = 'require' THEN 0 ELSE LEAST(v_want, v_remaining) END;
        v_short := CASE WHEN v_step->>'kind' = 'require' THEN v_base < v_want ELSE v_amount < v_want END;
        v_remaining := v_remaining - v_amount;
        v_entry := pg_catalog.jsonb_build_object('id', v_step->'id', 'kind', v_step->'kind', 'base', v_base, 'wanted', v_want, 'amount', v_amount,
            'remaining', v_remaining, 'shortfall', v_short);
        IF v_step->>'kind' <> 'require' THEN
            v_given := audit.give_step(v_no, v_step, v_run_id, v_amount);
            v_entry := v_entry || COALESCE(v_given->'entry', '{}');
            v_flags := v_flags || COALESCE(NULLIF(v_given->'flags', 'null'), '[]') || CASE WHEN v_short THEN pg_catalog.jsonb_build_array('shortfall:' || (v_step->>'id')) ELSE '[]' END;
            v_carried := v_carried + COALESCE((v_given->>'carried')::numeric, 0);
            v_leftover := v_leftover + COALESCE((v_given->>'leftover')::numeric, 0);
        END IF;
        v_entries := v_entries || pg_catalog.jsonb_build_array(v_entry);
        v_after := v_after || pg_catalog.jsonb_build_object(v_step->>'id', v_remaining);
        v_no := v_no + 1;
        IF v_step->>'kind' = 'require' AND v_short THEN
            v_outcome := 'aborted';
            v_flags := v_flags || pg_catalog.jsonb_build_array('aborted:' || (v_step->>'id'));
            v_carried := (p_inputs->>'pot')::numeric;
            v_leftover := 0;
            EXIT;
        END IF;
    END LOOP;
    IF v_outcome = 'ok' AND v_remaining > 0 THEN
        v_flags := v_flags || '["undistributed"]';
        v_carried := v_carried + v_remaining;
    END IF;
    IF v_outcome = 'ok' THEN
        INSERT INTO audit.work_line (id, minor, line) SELECT l.id, l.minor, l.line FROM audit.expected_line(p_rule) AS l ORDER BY l.id;
    END IF;
    SELECT COALESCE(pg_catalog.jsonb_agg(DISTINCT f ORDER BY f), '[]') INTO v_flags FROM (SELECT e COLLATE "C" AS f FROM pg_catalog.jsonb_array_elements_text(v_flags) AS e) AS x;
    v_result := pg_catalog.jsonb_build_object('outcome', v_outcome, 'steps', v_entries, 'flags', v_flags, 'carried', v_carried, 'leftover', v_leftover);
    RETURN v_result || pg_catalog.jsonb_build_object('hash', audit.result_hash(p_rule, p_inputs, v_result));
END
$$;
