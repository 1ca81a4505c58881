-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the facts of an open run for its inputs: the rule's text, pot, fees, balances, what the log is told of the usage. Recipients and
--          contributions are payout.run_recipients and payout.run_contributions, row by row.
-- Outcomes: ok; too_early while the month's usage is not sealed; not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_run(p_run uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_rule text;
    v_carried bigint;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run;
    IF v_run.state <> 'open' THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state);
    END IF;
    IF NOT payout.is_countable(v_run.pool_id, v_run.service_month) THEN
        RETURN log.refusal('too_early', 'the usage of the month is not sealed yet');
    END IF;
    SELECT pg_catalog.convert_from(bytes, 'UTF8') INTO v_rule FROM payout.evidence WHERE sha256 = v_run.rule_sha256;
    SELECT COALESCE(pg_catalog.sum(r.carried), 0) INTO v_carried FROM payout.run AS r WHERE r.carried_to = p_run;
    RETURN log.answer('ok', (SELECT pg_catalog.jsonb_build_object('rule', v_rule, 'carried_in', v_carried,
        'usage_root', (SELECT s.root FROM metering.seal_overview AS s WHERE s.pool_id = v_run.pool_id AND s.month = v_run.service_month),
        'rows', pg_catalog.count(*), 'units', COALESCE(pg_catalog.sum(u.units), 0), 'facts', payout.run_facts(v_rule::jsonb,
            v_carried + (SELECT COALESCE(pg_catalog.sum(t.minor), 0) FROM payout.run_receipt AS t WHERE t.run = p_run),
            (SELECT COALESCE(pg_catalog.sum(f.minor), 0) FROM payout.run_fee AS f WHERE f.run = p_run)))
        FROM metering.sealed_usage_overview AS u WHERE u.pool_id = v_run.pool_id AND u.month = v_run.service_month));
END
$$;
