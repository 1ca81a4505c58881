-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2 for one proposal that money rests on, a benefit rule or a resolution: its roll (audit.check_roll), its ballots and what they came to (audit.check_count), text, effect,
--          rule row and time (audit.check_frozen); what may be spent is what was voted; it has been in force since its enactment, and no money is shared by it that was
--          received before.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_vote(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH p AS (
        SELECT p.*, v.effect, e.at AS enacted_at, i.from_at, i.spend, i.until_at
        FROM governance.proposal AS p LEFT JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
        LEFT JOIN LATERAL (SELECT pg_catalog.max(x.at) AS at FROM governance.proposal_event AS x WHERE x.proposal_id = p.id AND x.to_state = 'in_force') AS e ON true
        LEFT JOIN LATERAL (SELECT b.from_at, NULL::jsonb AS spend, NULL::timestamptz AS until_at FROM governance.benefit_rule AS b WHERE b.proposal_id = p.id
            UNION ALL SELECT y.from_at, y.spend, y.until_at FROM governance.policy AS y WHERE y.proposal_id = p.id LIMIT 1) AS i ON true
        WHERE p.id = p_unit::uuid),
    received AS (
        SELECT pg_catalog.min(t.recorded_at) AS at FROM p JOIN governance.benefit_rule AS b ON b.proposal_id = p.id JOIN payout.run AS r ON r.rule = b.rule AND r.rule_version = b.version
            AND r.state <> 'abandoned' JOIN payout.run_receipt AS u ON u.run = r.id JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id
        JOIN payout.receipt AS c ON c.txn_id = s.txn_id JOIN payout.entry_match AS m ON m.entry_id = c.entry_id AND m.step = 1 JOIN payout.txn AS t ON t.txn_id = m.txn_id)
    SELECT 'proposal', p_unit, x.aspect, x.expected, x.found, x.about FROM audit.check_roll(p_unit::uuid) AS x
    UNION ALL
    SELECT 'proposal', p_unit, x.aspect, x.expected, x.found, x.about FROM audit.check_count(p_unit::uuid) AS x
    UNION ALL
    SELECT 'proposal', p_unit, x.aspect, x.expected, x.found, x.about FROM audit.check_frozen(p_unit::uuid) AS x
    UNION ALL
    SELECT 'proposal', p_unit, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM p CROSS JOIN received AS d CROSS JOIN LATERAL (VALUES
        ('in force', 'in force', CASE WHEN p.state IN ('in_force', 'superseded', 'expired') THEN 'in force' ELSE p.state END, 'the proposal never came into force'),
        ('spending', COALESCE(log.canonical(p.effect -> 'spend'), '[]') || ' until ' || COALESCE(log.time_text((p.effect ->> 'until')::timestamptz), 'changed'),
            COALESCE(log.canonical(p.spend), log.canonical(p.effect -> 'spend'), '[]') || ' until ' || COALESCE(log.time_text(CASE WHEN p.spend IS NULL THEN (p.effect ->> 'until')::timestamptz ELSE p.until_at END),
            'changed'), 'the resolution gives otherwise than was voted'),
        ('in force since', log.time_text(p.enacted_at), CASE WHEN p.from_at BETWEEN p.enacted_at - interval '10 seconds' AND p.enacted_at AND p.in_force_at BETWEEN p.enacted_at - interval '10 seconds' AND p.enacted_at
            THEN log.time_text(p.enacted_at) ELSE log.time_text(LEAST(p.from_at, p.in_force_at)) END, 'it is dated otherwise than its history says: who back-dates a rule shares money by it that came under another'),
        ('first receipt', 'received in force', CASE WHEN d.at < p.enacted_at - interval '10 seconds' THEN 'received at ' || log.time_text(d.at) ELSE 'received in force' END,
            'money is shared by this rule that was received before it was in force')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found;
$$;
