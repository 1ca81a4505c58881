-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what working a clawback out takes: the rule's text, where the original result is, and clawback-inputs/1 with what earlier clawbacks took, as
--          canonical text, since it may have as many lines as the run.
--          Clawbacks of one run go one after the other.
-- Outcomes: ok; already_posted; too_early while an earlier one of the run waits.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_clawback(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_clawback payout.clawback;
    v_run payout.run;
    v_rule text;
BEGIN
    SELECT * INTO v_clawback FROM payout.clawback WHERE id = p_id;
    IF v_clawback.state = 'posted' THEN
        RETURN log.refusal('already_posted', 'the clawback is posted');
    END IF;
    IF EXISTS (SELECT FROM payout.clawback AS c WHERE c.run = v_clawback.run AND c.state = 'open' AND c.id < p_id) THEN
        RETURN log.refusal('too_early', 'an earlier clawback of this run goes first');
    END IF;
    SELECT * INTO v_run FROM payout.run WHERE id = v_clawback.run;
    SELECT pg_catalog.convert_from(bytes, 'UTF8') INTO v_rule FROM payout.evidence WHERE sha256 = v_run.rule_sha256;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('rule', v_rule, 'result', v_run.result_file_sha256,
        'length', (SELECT pg_catalog.octet_length(e.bytes) FROM payout.evidence AS e WHERE e.sha256 = v_run.result_file_sha256),
        'inputs', pg_catalog.concat('{"amount":', v_clawback.minor, ',"refund_fund":',
            COALESCE((SELECT -b.minor FROM payout.account AS a JOIN payout.balance AS b USING (owner_id, account_id)
                WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path = v_rule::jsonb->'refund'->>'first_from'), 0),
            ',"reversed":[', (SELECT pg_catalog.string_agg('{"amount":' || x.minor || ',"id":"' || x.id || '"}', ',' ORDER BY x.id COLLATE "C") FROM (
                SELECT l.id, pg_catalog.sum(l.minor)::bigint AS minor FROM payout.clawback AS c JOIN payout.clawback_line AS l ON l.clawback = c.id
                WHERE c.run = v_clawback.run AND c.state = 'posted' GROUP BY l.id) AS x),
            '],"run_id":"', v_clawback.run_id, '","schema":"clawback-inputs/1"}')));
END
$$;
