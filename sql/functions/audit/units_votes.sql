-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A2: proposals that money rests on, with all of their votes (audit.digest_votes) and the receipts shared by them.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_votes(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.id::text, v.month::text, CASE WHEN v.digest IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', v.digest,
        (SELECT pg_catalog.string_agg(r.id || r.state || t.recorded_at, ',' ORDER BY r.id, u.receipt_slice_id) FROM governance.benefit_rule AS b JOIN payout.run AS r ON r.rule = b.rule AND r.rule_version = b.version
         JOIN payout.run_receipt AS u ON u.run = r.id JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id JOIN payout.receipt AS c ON c.txn_id = s.txn_id
         JOIN payout.entry_match AS m ON m.entry_id = c.entry_id AND m.step = 1 JOIN payout.txn AS t ON t.txn_id = m.txn_id WHERE b.proposal_id = v.id))) END
    FROM audit.digest_votes(p_months, ARRAY(SELECT m.id FROM audit.money_votes() AS m)) AS v;
$$;
