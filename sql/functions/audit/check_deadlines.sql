-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A8: money received is shared within nine months of the end of the year in which it came, unless it is in dispute or its service month
--          is not over; what a rule carried is carried on by then; and what was held for longer than the rule in force (else the charter) says
--          is unclaimed, disputes and sanctions aside. An hour is left for the worker.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_deadlines(p_as_of timestamptz)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH slice AS (
        SELECT s.id, s.service_month, t.recorded_at AS received_at, r.id AS run, r.state, s.minor - COALESCE((SELECT pg_catalog.sum(k.minor) FROM payout.credit_slice AS k WHERE k.receipt_slice_id = s.id), 0) AS minor
        FROM payout.receipt_slice AS s JOIN payout.receipt AS c ON c.txn_id = s.txn_id JOIN payout.txn AS t ON t.txn_id = c.first_txn_id LEFT JOIN payout.run_receipt AS u ON u.receipt_slice_id = s.id LEFT JOIN payout.run AS r ON r.id = u.run
        WHERE s.line > 0 AND r.state IS DISTINCT FROM 'posted' AND NOT EXISTS (SELECT FROM payout.receipt_undone AS o WHERE o.txn_id = s.txn_id)
            AND NOT EXISTS (SELECT FROM payout.dispute_slice AS d JOIN payout.dispute AS x ON x.id = d.dispute_id WHERE d.receipt_slice_id = s.id AND x.state = 'opened')),
    waiting AS (
        SELECT 'receipt_slice' AS object_type, s.id::text AS object_id, 'distribution' AS aspect, CASE WHEN s.run IS NULL THEN 'waiting' ELSE 'in run ' || s.run || ', ' || s.state END AS found, s.minor, s.received_at
        FROM slice AS s WHERE s.minor > 0 AND (s.service_month + interval '1 month') AT TIME ZONE 'UTC' <= p_as_of
        UNION ALL
        SELECT 'run', r.id::text, 'carried', 'carried', r.carried, (SELECT pg_catalog.max(t.recorded_at) FROM payout.run_receipt AS u JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id
            JOIN payout.receipt AS c ON c.txn_id = s.txn_id JOIN payout.txn AS t ON t.txn_id = c.first_txn_id WHERE u.run = r.id)
        FROM payout.run AS r WHERE r.state = 'posted' AND r.carried > 0 AND (r.carried_to IS NULL OR NOT EXISTS (SELECT FROM payout.run AS n WHERE n.id = r.carried_to AND n.state = 'posted'))),
    dated AS (SELECT w.*, pg_catalog.make_date(EXTRACT(YEAR FROM pg_catalog.timezone('UTC', w.received_at))::integer + 1, 9, 30) AS deadline FROM waiting AS w),
    term AS (
        SELECT COALESCE((SELECT (b.doc #>> '{hold,unclaimed_after_days}')::bigint * interval '1 day' FROM audit.rule_in_force(p_as_of) AS b),
            (SELECT (c.doc #>> '{hold,unclaimed_after_seconds}')::bigint * interval '1 second' FROM governance.charter AS c)) AS after)
    SELECT d.object_type, d.object_id, d.aspect, 'shared by ' || d.deadline, d.found, d.minor::bigint, 'member', 'money that came in is not shared in time: open a run for it, or say what keeps it'
    FROM dated AS d WHERE (d.deadline + 1)::timestamp AT TIME ZONE 'UTC' <= p_as_of
    UNION ALL
    SELECT 'hold', h.id::text, 'unclaimed', 'unclaimed since ' || log.time_text(h.since + t.after), 'held for ' || h.reason, h.minor, 'member', 'money was held past its limit and is not yet unclaimed: does the worker run?'
    FROM term AS t JOIN payout.hold AS h ON h.since + t.after < p_as_of - interval '1 hour'
    WHERE h.released_at IS NULL AND h.reason NOT IN ('Unclaimed', 'Dispute', 'Sanctions');
$$;
