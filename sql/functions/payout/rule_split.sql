-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a split step adds to the checks of every step: parts, eligibility, floor and cap, leftover.
-- Outcomes: rows (pointer, detail).
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.rule_split(p_at text, p_step jsonb) RETURNS TABLE (pointer text, detail text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_cap jsonb := p_step->'cap_each';
    v_eligible jsonb := p_step->'eligible';
BEGIN
    RETURN QUERY SELECT m.pointer, m.detail
        FROM pg_catalog.jsonb_array_elements(p_step->'parts') WITH ORDINALITY AS e,
             LATERAL payout.rule_members(p_at || '/parts/' || (e.ordinality - 1), e.value, 'share!:int(1,10000) weight!:weight then:then') AS m;
    RETURN QUERY SELECT p_at || '/parts/' || (e.ordinality - 1) || '/weight', 'contributions have no tenure'
        FROM pg_catalog.jsonb_array_elements(p_step->'parts') WITH ORDINALITY AS e
        WHERE pg_catalog.jsonb_typeof(e.value) = 'object' AND e.value ? 'then' AND e.value->>'weight' = 'tenure';
    IF v_eligible IS NOT NULL THEN
        RETURN QUERY SELECT m.pointer, m.detail FROM payout.rule_members(p_at || '/eligible', v_eligible,
            'status:array(1,6) min_units:int(0,9007199254740991) window_days:int(1,3660) min_distinct_licensees:int(0,1000000)') AS m;
        IF NOT FOUND THEN
            RETURN QUERY SELECT p_at || '/eligible/window_days', 'is required with a minimum'
                WHERE v_eligible ?| ARRAY['min_units', 'min_distinct_licensees'] AND NOT v_eligible ? 'window_days';
            RETURN QUERY SELECT p_at || '/eligible/status/' || (e.ordinality - 1),
                    CASE WHEN e.n > 1 THEN 'is there twice' ELSE 'must be a member''s status' END
                FROM (SELECT x.value, x.ordinality, pg_catalog.row_number() OVER (PARTITION BY x.value ORDER BY x.ordinality) AS n
                      FROM pg_catalog.jsonb_array_elements(v_eligible->'status') WITH ORDINALITY AS x) AS e
                WHERE e.n > 1 OR pg_catalog.jsonb_typeof(e.value) <> 'string' OR e.value #>> '{}' !~ payout.rule_type('status');
        END IF;
    END IF;
    IF pg_catalog.jsonb_typeof(v_cap) = 'object' THEN
        RETURN QUERY SELECT m.pointer, m.detail FROM payout.rule_members(p_at || '/cap_each', v_cap, 'num!:int(0,1000000) den!:int(1,1000000)') AS m;
        RETURN QUERY SELECT p_at || '/cap_each/num', 'must not be above den' WHERE payout.rule_number(v_cap->'num') > payout.rule_number(v_cap->'den');
    ELSIF v_cap IS NOT NULL THEN
        RETURN QUERY SELECT p_at || '/cap_each', 'must be an amount or a ratio'
            WHERE COALESCE(payout.rule_number(v_cap), -1) NOT BETWEEN 0 AND 9007199254740991;
        RETURN QUERY SELECT p_at || '/floor_each', 'must not be above cap_each' WHERE payout.rule_number(p_step->'floor_each') > payout.rule_number(v_cap);
    END IF;
    RETURN QUERY SELECT p_at || '/leftover_to', 'must not be Income:FeeRecovery, which only amount_from feeds'
        WHERE p_step->>'leftover_to' = 'Income:FeeRecovery';
END
$$;
