-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: everything a member's statement of one run shows but the trace, which C works out from rule and inputs beside.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_statement(p_actor uuid, p_run uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_line payout.run_line;
    v_doc jsonb;
    v_frozen jsonb;
    v_own jsonb;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run AND state IN ('review', 'posted');
    SELECT * INTO v_line FROM payout.run_line WHERE run = p_run AND member_id = p_actor;
    IF v_run.id IS NULL OR (v_line.run IS NULL AND NOT EXISTS (SELECT FROM licensing.contribution_overview AS c
            WHERE c.pool_id = v_run.pool_id AND c.member_id = p_actor)) THEN
        RETURN log.refusal('not_found', 'there is no statement of yours for this run');
    END IF;
    SELECT pg_catalog.convert_from(bytes, 'UTF8')::jsonb INTO v_doc FROM payout.evidence WHERE sha256 = v_run.result_file_sha256;
    v_frozen := (payout.load_frozen(p_run)).body;
    SELECT e INTO v_own FROM pg_catalog.jsonb_array_elements((v_frozen->>'inputs')::jsonb->'recipients') AS e WHERE e->>'id' = p_actor::text;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('rule', v_frozen->'rule', 'inputs', v_frozen->'inputs', 'statement', pg_catalog.jsonb_build_object(
        'schema', 'member-statement/1', 'id', p_run, 'run_id', v_run.run_id, 'member', p_actor, 'pool', v_run.pool,
        'month', pg_catalog.to_char(v_run.service_month, 'YYYY-MM'), 'state', v_run.state, 'currency', v_run.currency,
        'rule', v_run.rule, 'rule_version', v_run.rule_version, 'rule_sha256', v_run.rule_sha256,
        'resolution', (v_frozen->>'rule')::jsonb->'resolution',
        'pot', v_run.pot, 'carried_in', v_run.carried_in, 'inputs_sha256', v_run.inputs_sha256, 'result_hash', v_run.result_hash,
        'steps', v_doc->'steps', 'funds', v_doc->'funds', 'flags', v_doc->'flags', 'weights', v_own,
        'eligibility', payout.why_not((v_frozen->>'rule')::jsonb, v_own), 'amount', COALESCE(v_line.minor, 0),
        'holds', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('reason', h.reason, 'amount', h.minor, 'since', log.time_text(h.since))), '[]')
            FROM payout.hold AS h WHERE h.member_id = p_actor AND h.released_at IS NULL),
        'payments', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.id, 'batch', p.batch_id, 'amount', p.minor, 'state', p.state,
                'end_to_end_id', p.end_to_end_id, 'booked_on', p.booked_on, 'bank_reference', b.entry_key) ORDER BY p.id), '[]')
            FROM payout.payment AS p LEFT JOIN payout.bank_entry AS b ON b.id = p.entry_id
            WHERE p.member_id = p_actor AND p.state <> 'cancelled' AND v_run.ended_at IS NOT NULL AND EXISTS (SELECT FROM payout.batch AS a
                WHERE a.id = p.batch_id AND a.made_at >= v_run.ended_at)),
        'clawbacks', '[]'::jsonb, 'netting', '[]'::jsonb,
        'line', v_line.line::jsonb, 'salt', (SELECT pg_catalog.encode(s.salt, 'hex') FROM payout.run_salt AS s WHERE s.run = p_run AND s.member_id = p_actor),
        'index', v_line.index, 'count', v_run.lines, 'lines_root', pg_catalog.encode(v_run.lines_root, 'hex'),
        'path', CASE WHEN v_line.run IS NOT NULL THEN payout.line_path(p_run, v_line.index) END,
        'entry', (SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb FROM log.entry AS e WHERE e.type = 'run_result' AND e.object_id = v_run.run_id
            ORDER BY e.index DESC LIMIT 1),
        'entry_index', (SELECT e.index FROM log.entry AS e WHERE e.type = 'run_result' AND e.object_id = v_run.run_id ORDER BY e.index DESC LIMIT 1))));
END
$$;
