-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: B5 for one month: each payment that came back or was refused names the transaction that says so, which books it once (amounts and members are compared by
--          audit.misbooked); what was held for it is held for its member, once; and no credit with a return reason and an id of ours was taken for anything else.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_ended(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH ended AS MATERIALIZED (SELECT t.txn_id, t.kind, pg_catalog.initcap(t.kind) AS reason FROM payout.txn AS t WHERE t.month = p_month AND t.kind IN ('returned', 'rejected')),
    held AS (
        SELECT e.txn_id, e.reason, p.member_id, p.minor, 1 AS due, 0 AS found FROM ended AS e JOIN payout.payment AS p ON p.ended_txn_id = e.txn_id WHERE p.member_id IS NOT NULL
        UNION ALL
        SELECT e.txn_id, h.reason, h.member_id, h.minor, 0, 1 FROM ended AS e JOIN payout.hold AS h ON h.txn_id = e.txn_id),
    credit AS MATERIALIZED (
        SELECT n.id, n.return_reason, n.detail FROM payout.bank_entry AS n LEFT JOIN payout.bank_statement AS s ON s.id = n.statement_id
        WHERE n.minor > 0 AND audit.month_of_day(COALESCE(s.to_on, n.booked_on)) = p_month),
    entry AS MATERIALIZED (
        SELECT c.*, l.kind
        FROM credit AS c JOIN (SELECT DISTINCT ON (m.entry_id) m.entry_id, m.kind FROM credit AS n JOIN payout.entry_match AS m ON m.entry_id = n.id ORDER BY m.entry_id, m.step DESC) AS l ON l.entry_id = c.id
        WHERE l.kind NOT IN ('return', 'suspense', 'reversal'))
    SELECT 'payment', p.id::text, 'state', e.kind, p.state, 'the payment says another end than the transaction that ended it'
    FROM ended AS e JOIN payout.payment AS p ON p.ended_txn_id = e.txn_id WHERE p.state <> e.kind
    UNION ALL
    SELECT 'txn', h.txn_id::text, 'held for ' || h.member_id || ' ' || h.reason || ' ' || h.minor, pg_catalog.sum(h.due)::text, pg_catalog.sum(h.found)::text,
        'what came back is held for another member, another amount or twice: compare the holds of this transaction with its payments'
    FROM held AS h GROUP BY h.txn_id, h.reason, h.member_id, h.minor HAVING pg_catalog.sum(h.due) <> pg_catalog.sum(h.found)
    UNION ALL
    SELECT 'txn', e.txn_id::text, 'entries', '1', pg_catalog.count(m.entry_id)::text, 'a return rests on one bank entry'
    FROM ended AS e LEFT JOIN payout.entry_match AS m ON m.txn_id = e.txn_id AND m.kind = 'return' WHERE e.kind = 'returned' GROUP BY e.txn_id HAVING pg_catalog.count(m.entry_id) <> 1
    UNION ALL
    SELECT DISTINCT 'bank_entry', e.id::text, 'return', 'return', e.kind, 'a payment of ours came back and was taken for something else: its member waits for it'
    FROM entry AS e CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(e.detail -> 'details') AS d (v) JOIN payout.payment AS p ON p.end_to_end_id = d.v ->> 'end_to_end_id'
    WHERE COALESCE(d.v ->> 'return_reason', e.return_reason) IS NOT NULL;
$$;
