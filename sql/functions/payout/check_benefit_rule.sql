-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: judges a benefit rule (payout.md 7.1 and 7.8): {"errors": [{"pointer", "detail"}], "warnings": likewise}; no errors when it is lawful, and
--          warnings only then. Agrees with `commonhold calc check-rule`. NULL and what is no object are refused, never passed.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_benefit_rule(p_doc jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_errors jsonb := '[]';
    v_steps jsonb := CASE WHEN pg_catalog.jsonb_typeof(p_doc->'steps') = 'array' AND pg_catalog.jsonb_array_length(p_doc->'steps') <= 32
        THEN p_doc->'steps' ELSE '[]' END;
    v_hold jsonb := p_doc->'hold';
    v_refund jsonb := p_doc->'refund';
BEGIN
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pointer', x.pointer, 'detail', x.detail)), '[]') INTO v_errors FROM (
        SELECT m.pointer, m.detail FROM payout.rule_members('', COALESCE(p_doc, 'null'), 'schema!:schema rule!:id version:int(1,1000000) currency!:currency '
            || 'minor_digits:int(0,4) resolution:id effective_from:date basis:basis pot_scope:scope steps!:array(1,32) hold:object refund:object '
            || 'remainder!:remainder') AS m
        UNION ALL
        SELECT '/effective_from', 'must be a day of the calendar'
        WHERE p_doc->>'effective_from' ~ payout.rule_type('date') AND NOT payout.is_date(p_doc->>'effective_from')
        UNION ALL
        SELECT s.pointer, s.detail FROM pg_catalog.jsonb_array_elements(v_steps) WITH ORDINALITY AS e,
            LATERAL payout.rule_step('/steps/' || (e.ordinality - 1), e.value) AS s
        UNION ALL
        SELECT '/steps/' || (e.ordinality - 1) || '/id', 'is the id of an earlier step'
        FROM pg_catalog.jsonb_array_elements(v_steps) WITH ORDINALITY AS e
        WHERE EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_steps) WITH ORDINALITY AS f
            WHERE f.ordinality < e.ordinality AND f.value->'id' = e.value->'id')
        UNION ALL
        SELECT '/steps/' || (e.ordinality - 1) || '/of', 'must name an earlier step'
        FROM pg_catalog.jsonb_array_elements(v_steps) WITH ORDINALITY AS e
        WHERE e.value->>'of' LIKE 'after:%' AND NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(v_steps) WITH ORDINALITY AS f
            WHERE f.ordinality < e.ordinality AND 'after:' || (f.value->>'id') = e.value->>'of')
        UNION ALL
        SELECT m.pointer, m.detail FROM payout.rule_members('/hold', v_hold,
            'min_payout:int(0,9007199254740991) unclaimed_after_days:int(365,36500) netting:object') AS m
        WHERE pg_catalog.jsonb_typeof(v_hold) = 'object'
        UNION ALL
        SELECT m.pointer, m.detail FROM payout.rule_members('/hold/netting', v_hold->'netting', 'num!:int(0,1000000) den!:int(1,1000000)') AS m
        WHERE pg_catalog.jsonb_typeof(v_hold->'netting') = 'object'
        UNION ALL
        SELECT '/hold/netting/num', 'must not be above den'
        WHERE payout.rule_number(v_hold->'netting'->'num') > payout.rule_number(v_hold->'netting'->'den')
        UNION ALL
        SELECT m.pointer, m.detail FROM payout.rule_members('/refund', v_refund, 'first_from:any then:same_shares fee_recovery:fee_recovery') AS m
        WHERE pg_catalog.jsonb_typeof(v_refund) = 'object'
        UNION ALL
        SELECT '/refund/first_from', 'must be null or an account a rule may feed'
        WHERE v_refund ? 'first_from' AND pg_catalog.jsonb_typeof(v_refund->'first_from') <> 'null'
            AND (pg_catalog.jsonb_typeof(v_refund->'first_from') <> 'string' OR v_refund->>'first_from' !~ payout.rule_type('fund'))) AS x;
    RETURN pg_catalog.jsonb_build_object('errors', v_errors, 'warnings', CASE WHEN v_errors = '[]' THEN payout.rule_warnings(v_steps) ELSE '[]' END);
END
$$;
