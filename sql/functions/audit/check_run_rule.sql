-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A1 for one run: each slice's receipt bears the time at which its bank entry was first booked, and the rule in force then is the
--          run's; that rule's text is the one that is hashed, and the one that was voted, or stands in the charter.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_run_rule(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH run AS (SELECT r.* FROM payout.run AS r WHERE r.id = p_unit::uuid),
    slice AS (
        SELECT u.receipt_slice_id AS id, c.txn_id, c.first_txn_id, m.txn_id AS first, t.recorded_at
        FROM run AS r JOIN payout.run_receipt AS u ON u.run = r.id JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id JOIN payout.receipt AS c ON c.txn_id = s.txn_id
        LEFT JOIN payout.entry_match AS m ON m.entry_id = c.entry_id AND m.step = 1 LEFT JOIN payout.txn AS t ON t.txn_id = m.txn_id),
    rule AS (
        SELECT b.*, COALESCE(v.effect -> 'document', CASE WHEN b.proposal_id IS NULL THEN (SELECT c.doc -> 'benefit_rule' FROM governance.charter AS c) END) AS voted
        FROM run AS r JOIN governance.benefit_rule AS b ON b.rule = r.rule AND b.version = r.rule_version
        LEFT JOIN governance.proposal AS p ON p.id = b.proposal_id LEFT JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version)
    SELECT 'run', p_unit, 'rule of slice ' || s.id, COALESCE(b.rule || ' ' || b.version || ' ' || b.sha256, 'none'), r.rule || ' ' || r.rule_version || ' ' || r.rule_sha256,
        'money is shared by another rule than the one that was in force when it was received'
    FROM run AS r CROSS JOIN slice AS s LEFT JOIN LATERAL audit.rule_in_force(s.recorded_at) AS b ON true
    WHERE (b.rule, b.version, b.sha256) IS DISTINCT FROM (r.rule, r.rule_version, r.rule_sha256)
    UNION ALL
    SELECT DISTINCT 'receipt', s.txn_id::text, 'first booking', COALESCE(s.first::text, 'none'), s.first_txn_id::text, 'the receipt names another booking than that of its bank entry: its time decides the rule'
    FROM slice AS s WHERE s.first IS DISTINCT FROM s.first_txn_id
    UNION ALL
    SELECT 'rule', b.rule || ' ' || b.version, x.aspect, COALESCE(x.expected, 'none'), COALESCE(x.found, 'none'), x.about
    FROM rule AS b CROSS JOIN LATERAL (VALUES
        ('hash', audit.digest(b.canonical), b.sha256::text, 'the hash of the rule is not that of its text'),
        ('document', log.canonical(b.doc), b.canonical, 'the document that is read is not the text that is hashed'),
        ('voted text', CASE WHEN b.voted IS NOT NULL THEN audit.digest(log.canonical(b.voted)) END, b.sha256::text, 'the rule in force is not the one that was voted')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found;
$$;
