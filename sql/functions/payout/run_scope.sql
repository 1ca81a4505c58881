-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a run of a pool and month would share next: the pool, the rule of the oldest money that waits, the licensee where that rule
--          shares per licensee. refusal says why there is none.
-- Outcomes: nothing_to_distribute, not_found, invalid; NULL outcome when there is one.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_scope(p_body jsonb, OUT refusal log.answer, OUT pool_id uuid, OUT month date, OUT licensee uuid, OUT rule_sha256 text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_doc jsonb;
BEGIN
    month := ((p_body->>'month') || '-01')::date;
    licensee := (p_body->>'licensee')::uuid;
    SELECT s.pool_id, s.rule_sha256 INTO pool_id, rule_sha256 FROM payout.free_slices(p_body->>'pool', month, licensee) AS s ORDER BY s.received_at, s.id LIMIT 1;
    IF pool_id IS NULL OR NOT (month + '1 month'::interval <= payout.today() OR payout.is_countable(pool_id, month)) THEN
        refusal := log.refusal('nothing_to_distribute', 'no paid slice of this pool and month waits: it is paid and its month is over or sealed before it counts');
        RETURN;
    END IF;
    SELECT b.doc INTO v_doc FROM governance.benefit_rule_in_force AS b WHERE b.sha256 = rule_sha256 LIMIT 1;
    IF NOT FOUND THEN
        refusal := log.refusal('not_found', 'no benefit rule was in force when the money was received');
    ELSIF v_doc->>'pot_scope' = 'licensee' AND licensee IS NULL THEN
        refusal := log.refusal('invalid', 'the rule shares per licensee', '[{"pointer": "/licensee", "detail": "is required by the rule"}]');
    ELSIF v_doc->>'pot_scope' IS DISTINCT FROM 'licensee' AND licensee IS NOT NULL THEN
        refusal := log.refusal('invalid', 'the rule shares per pool', '[{"pointer": "/licensee", "detail": "the rule makes one pot of all licensees"}]');
    ELSIF v_doc @? '$.steps[*].parts[*] ? (@.weight == "external")' AND NOT p_body ? 'external' THEN
        refusal := log.refusal('invalid', 'the rule weighs by a file of its own', '[{"pointer": "/external", "detail": "is required by the rule"}]');
    ELSIF p_body ? 'external' THEN
        refusal := payout.check_external(p_body->'external');
    END IF;
END
$$;
