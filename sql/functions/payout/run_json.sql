-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a run as people see it: totals are public.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.run_json(p_run uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', r.id, 'run_id', r.run_id, 'pool', r.pool, 'month', pg_catalog.to_char(r.service_month, 'YYYY-MM'),
        'licensee', r.licensee, 'rule', r.rule, 'rule_version', r.rule_version, 'rule_sha256', r.rule_sha256, 'state', r.state,
        'pot', payout.money(r.pot, r.currency), 'carried_in', payout.money(r.carried_in, r.currency), 'rail_fees', payout.money(r.rail_fees, r.currency),
        'inputs_sha256', r.inputs_sha256, 'numbered_size', r.numbered_size, 'result_hash', r.result_hash, 'outcome', r.outcome, 'lines', r.lines,
        'total', payout.money(r.total, r.currency), 'carried', payout.money(r.carried, r.currency), 'lines_root', pg_catalog.encode(r.lines_root, 'hex'),
        'review_until', log.time_text(r.review_until), 'confirmed_at', log.time_text(r.confirmed_at), 'txn_id', r.txn_id, 'reason', r.reason,
        'opened_at', log.time_text(r.opened_at), 'ended_at', log.time_text(r.ended_at))
    FROM payout.run AS r WHERE r.id = p_run;
$$;
