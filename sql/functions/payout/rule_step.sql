-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: everything that is judged within one step of a rule.
-- Outcomes: rows (pointer, detail).
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.rule_step(p_at text, p_step jsonb) RETURNS TABLE (pointer text, detail text)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_kind text := p_step->>'kind';
    v_share text := ' of!:of num!:int(0,1000000) den!:int(1,1000000) round:round max:int(0,9007199254740991)';
    v_members text;
    v_bad boolean;
BEGIN
    IF pg_catalog.jsonb_typeof(p_step) <> 'object' THEN
        RETURN QUERY SELECT p_at, 'must be an object';
        RETURN;
    END IF;
    v_members := CASE v_kind
        WHEN 'fixed' THEN 'to!:fund amount:int(0,9007199254740991) amount_from:rail_fees max:int(0,9007199254740991)'
        WHEN 'percent' THEN 'to!:fund' || v_share
        WHEN 'until_target' THEN 'to!:fund target!:int(0,9007199254740991)' || v_share
        WHEN 'split' THEN 'parts!:array(1,16) eligible:object floor_each:int(0,9007199254740991) cap_each:any leftover_to!:fund' || v_share
        WHEN 'carry' THEN v_share
        WHEN 'assign' THEN 'recipient!:id resolution!:id amount:int(0,9007199254740991)' || pg_catalog.replace(v_share, '!', '')
        WHEN 'require' THEN 'of!:of at_least!:int(0,9007199254740991)' END;
    IF v_members IS NULL OR pg_catalog.jsonb_typeof(p_step->'kind') <> 'string' THEN
        RETURN QUERY SELECT p_at || '/kind', 'must be the kind of a step';
        RETURN;
    END IF;
    RETURN QUERY SELECT m.pointer, m.detail FROM payout.rule_members(p_at, p_step, 'id!:id kind!:kind ' || v_members) AS m;
    IF FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT p_at || '/num', 'must not be above den' WHERE payout.rule_number(p_step->'num') > payout.rule_number(COALESCE(p_step->'den', '1'));
    RETURN QUERY SELECT p_at, 'must have either amount or amount_from' WHERE v_kind = 'fixed' AND (p_step ? 'amount') = (p_step ? 'amount_from');
    RETURN QUERY SELECT p_at || '/to', 'Income:FeeRecovery is fed only by amount_from'
        WHERE p_step->>'to' = 'Income:FeeRecovery' AND NOT p_step ? 'amount_from';
    v_bad := CASE WHEN p_step ? 'amount' THEN p_step ?| ARRAY['of', 'num', 'den', 'round'] ELSE NOT p_step ?& ARRAY['of', 'num', 'den'] END;
    RETURN QUERY SELECT p_at, 'must have either amount, or of, num and den' WHERE v_kind = 'assign' AND v_bad;
    IF v_kind = 'split' THEN
        RETURN QUERY SELECT s.pointer, s.detail FROM payout.rule_split(p_at, p_step) AS s;
    END IF;
END
$$;
