-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one split step (payout.md 7.4): its amount over the parts, each part over those it counts.
-- Outcomes: {parts, clamp, leftover, flags}.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.share_split(p_no integer, p_step jsonb, p_run_id text, p_amount numeric) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_clamped boolean := COALESCE((p_step->>'floor_each')::numeric, 0) > 0 OR p_step->'cap_each' IS NOT NULL;
    v_amounts numeric[];
    v_empty numeric;
    v_flags jsonb;
    v_parts jsonb;
    v_more jsonb;
BEGIN
    PERFORM audit.weigh_split(p_step);
    INSERT INTO audit.work_share (grp, path, id, total, weight)
    SELECT 'pot', pg_catalog.convert_to((p_step->>'id') || '/' || (p.ordinality - 1), 'UTF8'), (p.ordinality - 1)::text, p_amount, (p.value->>'share')::numeric
    FROM pg_catalog.jsonb_array_elements(p_step->'parts') WITH ORDINALITY AS p;
    PERFORM audit.apportion(p_run_id);
    SELECT pg_catalog.array_agg(r.minor ORDER BY r.id::integer) INTO v_amounts FROM audit.work_result AS r;
    SELECT COALESCE(pg_catalog.sum(v_amounts[g.k]), 0), COALESCE(pg_catalog.jsonb_agg('empty_part:' || (p_step->>'id') || '/' || (g.k - 1)), '[]')
    INTO v_empty, v_flags
    FROM pg_catalog.generate_series(1, pg_catalog.jsonb_array_length(p_step->'parts')) AS g (k)
    WHERE NOT EXISTS (SELECT FROM audit.work_weight AS w WHERE w.part = g.k - 1);
    IF NOT v_clamped THEN
        v_parts := audit.share_parts(p_no, p_step, p_run_id, v_amounts);
        RETURN pg_catalog.jsonb_build_object('parts', v_parts, 'leftover', v_empty, 'flags', v_flags);
    END IF;
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('amount', v_amounts[g.k], 'weight_total',
        (SELECT COALESCE(pg_catalog.sum(w.weight), 0)::text FROM audit.work_weight AS w WHERE w.part = g.k - 1)) ORDER BY g.k) INTO v_parts
    FROM pg_catalog.generate_series(1, pg_catalog.jsonb_array_length(p_step->'parts')) AS g (k);
    v_more := audit.share_clamped(p_no, p_step, p_run_id, p_amount - v_empty, p_amount);
    RETURN pg_catalog.jsonb_build_object('parts', v_parts, 'clamp', v_more->'clamp', 'leftover', v_empty + (v_more->>'leftover')::numeric,
        'flags', v_flags || (v_more->'flags'));
END
$$;
