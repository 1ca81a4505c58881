-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A1: runs, with their receipts' times and all versions of benefit rules as they were voted.
-- Outcomes: none; p_runs as audit.marked_runs takes it; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_run_rules(p_months date[], p_runs jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH rules AS MATERIALIZED (
        SELECT pg_catalog.string_agg(b::text || COALESCE(v.effect::text, ''), ',' ORDER BY b.id) || (SELECT pg_catalog.string_agg(c.sha256 || c.doc, ',') FROM governance.charter AS c) AS text
        FROM governance.benefit_rule AS b LEFT JOIN governance.proposal AS p ON p.id = b.proposal_id LEFT JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version)
    SELECT r.id::text, r.month::text, CASE WHEN r.text IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', r.text, (SELECT x.text FROM rules AS x),
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', u.receipt_slice_id, c.txn_id, c.first_txn_id, m.txn_id, t.recorded_at), ';' ORDER BY u.receipt_slice_id)
         FROM payout.run_receipt AS u JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id JOIN payout.receipt AS c ON c.txn_id = s.txn_id
         LEFT JOIN payout.entry_match AS m ON m.entry_id = c.entry_id AND m.step = 1 LEFT JOIN payout.txn AS t ON t.txn_id = m.txn_id WHERE u.run = r.id))) END
    FROM audit.marked_runs(p_runs) AS r;
$$;
