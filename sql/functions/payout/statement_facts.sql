-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the part of a statement that all members of a run share: where the money came from, the rule, every step with what the rule says of it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.statement_facts(p_run payout.run, p_rule jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('schema', 'member-statement/1', 'id', p_run.id, 'run_id', p_run.run_id, 'pool', p_run.pool,
        'month', pg_catalog.to_char(p_run.service_month, 'YYYY-MM'), 'licensee', p_run.licensee, 'state', p_run.state, 'currency', p_run.currency,
        'rule', p_run.rule, 'rule_version', p_run.rule_version, 'rule_sha256', p_run.rule_sha256,
        'resolution', COALESCE((SELECT b.resolution FROM governance.benefit_rule_in_force AS b WHERE b.sha256 = p_run.rule_sha256 LIMIT 1), p_rule->>'resolution'),
        'pot', p_run.pot, 'carried_in', p_run.carried_in, 'rail_fees', p_run.rail_fees, 'carried', p_run.carried, 'outcome', p_run.outcome,
        'inputs_sha256', p_run.inputs_sha256, 'result_hash', p_run.result_hash, 'funds', p_run.head->'funds', 'flags', p_run.head->'flags',
        'steps', (SELECT COALESCE(pg_catalog.jsonb_agg(s.value || pg_catalog.jsonb_build_object('rule', p_rule->'steps'->(s.ordinality - 1)::integer) ORDER BY s.ordinality), '[]')
            FROM pg_catalog.jsonb_array_elements(p_run.head->'steps') WITH ORDINALITY AS s));
$$;
