-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: decides a request under terms a second time, from the text of licensing.md 4, 5, 7 and 8 alone. p_input is what `calc policy`
--          takes (terms, consents, request, context) and well-formed; `counts` {floor: members} stands for consents that were counted already.
-- Outcomes: {decision, reasons, rule, tier, columns, duties, covered_members, not_after}.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.decide_policy(p_input jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_terms jsonb := p_input -> 'terms';
    v_at bigint := audit.seconds(p_input #>> '{request,at}');
    v_until bigint := audit.seconds(p_input #>> '{terms,valid,until}');
    v_above text[] := audit.purposes_above(p_input #>> '{request,purpose}');
    v_matching jsonb;
    v_reasons jsonb;
    v_effect text;
    v_rule jsonb;
    v_columns jsonb;
    v_covered bigint;
    v_tier jsonb;
    v_raised jsonb;
BEGIN
    v_reasons := CASE WHEN v_at < audit.seconds(p_input #>> '{terms,valid,from}') THEN '["core:terms-not-yet-valid"]'::jsonb
        WHEN v_at >= v_until THEN '["core:terms-expired"]' ELSE audit.unknown_words(v_terms, p_input -> 'request') END;
    IF v_reasons IS NULL THEN
        v_matching := audit.matching_rules(v_terms, p_input -> 'request', v_above);
        v_reasons := audit.prohibited_by(p_input, v_matching, v_above);
    END IF;
    IF v_reasons IS NULL THEN
        v_effect := CASE WHEN v_matching @> '[{"effect": "council"}]' THEN 'council' ELSE 'permit' END;
        SELECT r.v INTO v_rule FROM pg_catalog.jsonb_array_elements(v_matching) WITH ORDINALITY AS r (v, n) WHERE r.v ->> 'effect' = v_effect ORDER BY r.n LIMIT 1;
        v_columns := audit.shown_columns(v_terms, v_rule, p_input #> '{request,columns}');
        v_reasons := CASE WHEN v_rule IS NULL THEN '["core:default-deny"]'::jsonb
            WHEN NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_columns) AS c (v) WHERE c.v ->> 'rule' <> 'drop') THEN '["core:no-columns"]' END;
    END IF;
    IF v_reasons IS NULL THEN
        v_covered := CASE WHEN p_input ? 'counts' THEN COALESCE((p_input -> 'counts' ->> (v_rule ->> 'notice_floor'))::bigint, 0)
            ELSE audit.covered_members(p_input, (v_rule ->> 'notice_floor')::numeric) END;
        v_tier := audit.fitting_tier(p_input, v_rule);
        v_reasons := CASE WHEN v_covered = 0 THEN '["core:no-consent"]'::jsonb WHEN v_covered < (v_rule ->> 'min_cohort')::numeric THEN '["core:cohort"]'
            WHEN v_tier IS NULL THEN '["core:no-tier"]' END;
    END IF;
    IF v_reasons IS NOT NULL THEN
        RETURN pg_catalog.jsonb_build_object('decision', 'deny', 'reasons', v_reasons, 'rule', NULL, 'tier', NULL, 'columns', '[]'::jsonb,
            'duties', '[]'::jsonb, 'covered_members', v_covered, 'not_after', NULL);
    END IF;
    v_raised := CASE WHEN (v_terms ->> 'special_category')::boolean THEN '["core:special-category"]'::jsonb ELSE '[]' END
        || CASE WHEN (v_tier ->> 'council')::boolean THEN '["core:tier-review"]'::jsonb ELSE '[]' END;
    SELECT pg_catalog.jsonb_agg(r.v -> 'id' ORDER BY r.n) || v_raised INTO v_reasons FROM pg_catalog.jsonb_array_elements(v_matching) WITH ORDINALITY AS r (v, n)
    WHERE r.v ->> 'effect' = v_effect AND (v_effect = 'council' OR r.v -> 'id' = v_rule -> 'id');
    RETURN pg_catalog.jsonb_build_object('decision', CASE WHEN v_raised = '[]' THEN v_effect ELSE 'council' END, 'reasons', v_reasons,
        'rule', v_rule -> 'id', 'tier', v_tier -> 'id', 'columns', v_columns, 'covered_members', v_covered,
        'duties', (SELECT COALESCE(pg_catalog.jsonb_agg(d.v -> 'id' ORDER BY d.n), '[]') FROM pg_catalog.jsonb_array_elements(v_terms -> 'duties') WITH ORDINALITY AS d (v, n)
            WHERE v_rule -> 'duties' @> (d.v -> 'id') AND (NOT d.v ? 'tiers' OR d.v -> 'tiers' @> (v_tier -> 'id'))),
        'not_after', pg_catalog.to_char(pg_catalog.timezone('UTC', '1970-01-01T00:00:00Z'::timestamptz + LEAST(v_at + (v_rule ->> 'max_days')::numeric * 86400, v_until)::bigint
            * interval '1 second'), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
END
$$;
