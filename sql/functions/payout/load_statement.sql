-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: everything a member's statement of one run shows but the trace, which C works out from the rule, the result's head and the member's part
--          of the inputs beside it. Nothing is read whose size grows with the run.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_statement(p_actor uuid, p_run uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_line payout.run_line;
    v_rule text;
    v_part jsonb;
    v_own jsonb;
    v_facts jsonb;
    v_eligibility jsonb;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run AND state IN ('review', 'posted') AND head IS NOT NULL;
    SELECT * INTO v_line FROM payout.run_line WHERE run = p_run AND member_id = p_actor;
    IF v_run.id IS NULL OR (v_line.run IS NULL AND NOT EXISTS (SELECT FROM licensing.contribution_overview AS c
            WHERE c.pool_id = v_run.pool_id AND c.member_id = p_actor)) THEN
        RETURN log.refusal('not_found', 'there is no statement of yours for this run');
    END IF;
    SELECT pg_catalog.convert_from(bytes, 'UTF8') INTO v_rule FROM payout.evidence WHERE sha256 = v_run.rule_sha256;
    v_part := payout.own_part(v_run, v_rule::jsonb, p_actor);
    SELECT e INTO v_own FROM pg_catalog.jsonb_array_elements(v_part->'recipients') AS e WHERE e->>'id' = p_actor::text;
    v_eligibility := payout.why_not(v_rule::jsonb, v_part, p_actor);
    -- The balances stand in front of the contributions.
    v_facts := (pg_catalog.convert_from(payout.read_document(v_run.inputs_file_sha256, 0, v_run.places[1]::integer), 'UTF8') || ']}')::jsonb;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('rule', v_rule, 'head', v_run.head, 'part', v_part || pg_catalog.jsonb_build_object('schema', 'distribution-inputs/1',
            'run_id', v_run.run_id, 'currency', v_run.currency, 'pot', v_run.pot, 'rail_fees', v_run.rail_fees, 'balances', v_facts->'balances'),
        'statement', payout.statement_facts(v_run, v_rule::jsonb) || payout.statement_money(v_run, p_actor) || payout.statement_proof(v_run, v_line)
        || pg_catalog.jsonb_build_object('member', p_actor, 'balances', v_facts->'balances', 'weights', v_own, 'contributions', v_part->'contributions',
            'eligibility', v_eligibility, 'amount', COALESCE(v_line.minor, 0),
            'why_none', CASE WHEN v_line.run IS NULL THEN payout.why_no_line(v_run.outcome, v_eligibility, v_own) END)));
END
$$;
