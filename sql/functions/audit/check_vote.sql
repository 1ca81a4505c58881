-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2 for one proposal that money rests on, a benefit rule or a resolution: its roll (audit.check_roll) and ballots (audit.check_count);
--          text, effect, what may be spent, and rule row are those that were frozen, the row that was in force when it was submitted; each reading was open as long
--          and the cooling lasted as long as the row says; it has been in force since its enactment, and no money is shared by it that was
--          received before.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_vote(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH p AS (
        SELECT p.*, v.title, v.body_text, v.effect, v.effect_canonical, e.at AS enacted_at, s.at AS submitted_at, c.at AS cooling_at, k.rule AS row_rule, k.version AS row_version, i.from_at, i.spend, i.until_at,
            (SELECT pg_catalog.min(f.sha256) FROM audit.leaf_of('proposal', p.id::text) AS f) AS leaf
        FROM governance.proposal AS p LEFT JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
        LEFT JOIN LATERAL (SELECT pg_catalog.max(x.at) AS at FROM governance.proposal_event AS x WHERE x.proposal_id = p.id AND x.to_state = 'in_force') AS e ON true
        LEFT JOIN LATERAL (SELECT pg_catalog.max(x.at) AS at FROM governance.proposal_event AS x WHERE x.proposal_id = p.id AND x.to_state = 'submitted') AS s ON true
        LEFT JOIN LATERAL (SELECT pg_catalog.max(x.at) AS at FROM governance.proposal_event AS x WHERE x.proposal_id = p.id AND x.to_state = 'cooling') AS c ON true
        LEFT JOIN LATERAL (SELECT x.rule, x.version FROM governance.rule_version AS x WHERE x.type = p.rule_type AND x.from_at <= s.at ORDER BY x.version DESC LIMIT 1) AS k ON true
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
    SELECT 'proposal', p_unit, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM p CROSS JOIN received AS d CROSS JOIN LATERAL (VALUES
        ('state', 'in force', CASE WHEN p.state IN ('in_force', 'superseded', 'expired') THEN 'in force' ELSE p.state END, 'the proposal never came into force'),
        ('text', p.text_sha256::text, audit.digest(log.canonical(pg_catalog.jsonb_build_object('title', p.title, 'text', p.body_text))), 'the text is not the one that was frozen before the vote'),
        ('effect', p.effect_sha256::text, audit.digest(log.canonical(p.effect)), 'the effect is not the one that was frozen before the vote'),
        ('spending', COALESCE(log.canonical(p.effect -> 'spend'), '[]') || ' until ' || COALESCE(log.time_text((p.effect ->> 'until')::timestamptz), 'changed'),
            COALESCE(log.canonical(p.spend), log.canonical(p.effect -> 'spend'), '[]') || ' until ' || COALESCE(log.time_text(CASE WHEN p.spend IS NULL THEN (p.effect ->> 'until')::timestamptz ELSE p.until_at END),
            'changed'), 'the resolution gives otherwise than was voted'),
        ('rule row', p.rule_sha256::text, audit.digest(log.canonical(p.rule)), 'the rule of decision is not the one that was frozen before the vote'),
        ('rule row in force', p.rule_type || ' ' || p.row_version || ' ' || audit.digest(log.canonical(p.row_rule)), p.rule_type || ' ' || p.rule_version || ' ' || audit.digest(log.canonical(p.rule)),
            'it was decided by another rule row than the one in force when it was submitted'),
        ('hash', audit.digest(log.canonical(pg_catalog.jsonb_build_object('id', p.id, 'version', p.version, 'type', p.type, 'text_sha256', p.text_sha256, 'effect_sha256', p.effect_sha256,
            'rule_sha256', p.rule_sha256))), p.proposal_sha256::text, 'the hash of the proposal is not that of its parts'),
        ('leaf', COALESCE(p.leaf, p.proposal_sha256::text), p.proposal_sha256::text, 'the log was told of another text'),
        ('readings', p.rule ->> 'readings', (SELECT pg_catalog.count(*)::text FROM audit.readings_of(p.id)), 'it was not voted on as often as its rule row says'),
        ('voting', 'long enough', (SELECT CASE WHEN pg_catalog.bool_and(r.closed - r.opened >= (p.rule ->> 'voting_seconds')::bigint * interval '1 second' - interval '1 second'
            OR p.rule_type = 'board_decision' AND NOT EXISTS (SELECT FROM governance.roll AS l WHERE l.proposal_id = p.id AND l.reading = r.reading AND NOT l.voted)) THEN 'long enough' ELSE 'too short' END
            FROM audit.readings_of(p.id) AS r), 'voting was closed before its time'),
        ('cooling', 'over', CASE WHEN p.enacted_at >= p.cooling_at + (p.rule ->> 'cooling_seconds')::bigint * interval '1 second' THEN 'over' ELSE 'not over' END, 'it came into force before its cooling time was over'),
        ('in force since', log.time_text(p.enacted_at), CASE WHEN p.from_at BETWEEN p.enacted_at - interval '10 seconds' AND p.enacted_at AND p.in_force_at BETWEEN p.enacted_at - interval '10 seconds' AND p.enacted_at
            THEN log.time_text(p.enacted_at) ELSE log.time_text(LEAST(p.from_at, p.in_force_at)) END, 'it is dated otherwise than its history says: who back-dates a rule shares money by it that came under another'),
        ('first receipt', 'received in force', CASE WHEN d.at < p.enacted_at - interval '10 seconds' THEN 'received at ' || log.time_text(d.at) ELSE 'received in force' END,
            'money is shared by this rule that was received before it was in force')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found;
$$;
