-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2 and GOV-F1: text, effect and rule row of a proposal are those that were frozen, and under the hash the log was told; the row is the one that was in
--          force when it was submitted; its history is one way through the states; discussion, each reading and each cooling lasted as long as the row says,
--          and there were as many readings.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_frozen(p_proposal uuid)
RETURNS TABLE (aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH event AS MATERIALIZED (
        SELECT e.*, pg_catalog.row_number() OVER w AS place, pg_catalog.lag(e.to_state, 1, 'draft') OVER w AS before, pg_catalog.lead(e.to_state) OVER w AS next, pg_catalog.lead(e.at) OVER w AS next_at
        FROM governance.proposal_event AS e WHERE e.proposal_id = p_proposal WINDOW w AS (ORDER BY e.seq)),
    p AS (
        SELECT p.*, v.title, v.body_text, v.effect,
            -- The class of whom it would expel must carry it too, where the row says so.
            CASE WHEN (k.rule ->> 'must_carry_subject')::boolean AND p.type = 'expulsion' THEN pg_catalog.jsonb_set(k.rule, '{must_carry}', pg_catalog.to_jsonb((k.rule ->> 'must_carry')::integer
                | CASE c.class WHEN 'U' THEN 1 WHEN 'W' THEN 2 WHEN 'C' THEN 4 ELSE 0 END)) ELSE k.rule END AS row_rule, k.version AS row_version, p.state IN ('in_force', 'superseded', 'expired') AS enacted,
            EXISTS (SELECT FROM event AS e WHERE e.to_state = 'frozen') AS frozen, (SELECT pg_catalog.min(f.sha256) FROM audit.leaf_of('proposal', p.id::text) AS f) AS leaf
        FROM governance.proposal AS p LEFT JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
        LEFT JOIN LATERAL (SELECT pg_catalog.max(x.at) AS at FROM event AS x WHERE x.to_state = 'submitted') AS s ON true
        -- A row that was enacted while somebody submitted is dated a moment before it was there.
        LEFT JOIN LATERAL (SELECT x.rule, x.version FROM governance.rule_version AS x WHERE x.type = p.rule_type AND x.from_at <= s.at
            AND (x.from_at <= s.at - interval '10 seconds' OR x.version <= p.rule_version) ORDER BY x.version DESC LIMIT 1) AS k ON true
        LEFT JOIN LATERAL (SELECT x.class::text FROM governance.class_spell AS x WHERE x.member_id::text = v.effect ->> 'member_id' AND (x.seq = 1 OR x.from_at <= s.at) ORDER BY x.seq DESC LIMIT 1) AS c ON true
        WHERE p.id = p_proposal)
    SELECT x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM p CROSS JOIN LATERAL (VALUES
        ('text', p.frozen, p.text_sha256::text, audit.digest(log.canonical(pg_catalog.jsonb_build_object('title', p.title, 'text', p.body_text))), 'the text is not the one that was frozen before the vote'),
        ('effect', p.frozen, p.effect_sha256::text, audit.digest(log.canonical(p.effect)), 'the effect is not the one that was frozen before the vote'),
        ('rule row', p.frozen, p.rule_sha256::text, audit.digest(log.canonical(p.rule)), 'the rule of decision is not the one that was frozen before the vote'),
        ('rule row in force', p.rule IS NOT NULL, p.rule_type || ' ' || p.row_version || ' ' || audit.digest(log.canonical(p.row_rule)), p.rule_type || ' ' || p.rule_version || ' '
            || audit.digest(log.canonical(p.rule)), 'it was decided by another rule row than the one in force when it was submitted'),
        ('hash', p.frozen, audit.digest(log.canonical(pg_catalog.jsonb_build_object('id', p.id, 'version', p.version, 'type', p.type, 'text_sha256', p.text_sha256, 'effect_sha256', p.effect_sha256,
            'rule_sha256', p.rule_sha256))), p.proposal_sha256::text, 'the hash of the proposal is not that of its parts'),
        ('leaf', p.frozen, COALESCE(p.leaf, p.proposal_sha256::text), p.proposal_sha256::text, 'the log was told of another text'),
        ('state', true, (SELECT e.to_state FROM event AS e ORDER BY e.seq DESC LIMIT 1), p.state, 'the proposal is not in the state that its history ends in'),
        ('hearing', p.type = 'expulsion' AND p.rule IS NOT NULL, 'called, heard and recorded before it was submitted', (SELECT 'called, heard and recorded before it was submitted'
                FROM governance.hearing AS c JOIN governance.hearing AS r ON r.proposal_id = c.proposal_id AND r.accused = c.accused WHERE c.proposal_id = p.id AND c.kind = 'call' AND r.kind = 'record'
                    AND c.accused::text = p.effect ->> 'member_id' AND r.at >= c.held_at AND r.at <= (SELECT pg_catalog.max(e.at) FROM event AS e WHERE e.to_state = 'submitted') LIMIT 1),
            'a member was put to the vote without having been heard'),
        ('readings', p.enacted, CASE WHEN audit.is_uncontested(p.id) THEN '0' ELSE p.rule ->> 'readings' END, (SELECT pg_catalog.count(*)::text FROM audit.readings_of(p.id)),
            'it was not voted on as often as its rule row says'),
        ('discussion', true, 'long enough', CASE WHEN (SELECT (SELECT pg_catalog.min(f.at) FROM event AS f WHERE f.to_state = 'frozen') < pg_catalog.max(e.at) + (p.rule ->> 'discussion_seconds')::bigint
            * interval '1 second' - interval '1 second' FROM event AS e WHERE e.to_state = 'discussion' AND e.from_state <> 'discussion') THEN 'too short' ELSE 'long enough' END, 'the text was frozen before its discussion was over'),
        ('voting', true, 'long enough', CASE WHEN EXISTS (SELECT FROM audit.readings_of(p.id) AS r WHERE r.closed - r.opened < (p.rule ->> 'voting_seconds')::bigint * interval '1 second' - interval '1 second'
            AND NOT (p.rule_type = 'board_decision' AND NOT EXISTS (SELECT FROM governance.roll AS l WHERE l.proposal_id = p.id AND l.reading = r.reading AND NOT l.voted))) THEN 'too short'
            ELSE 'long enough' END, 'voting was closed before its time'),
        ('cooling', true, 'over', CASE WHEN EXISTS (SELECT FROM event AS e WHERE e.to_state = 'cooling' AND e.next IN ('second_reading', 'in_force')
            AND e.next_at < e.at + (p.rule ->> 'cooling_seconds')::bigint * interval '1 second' - interval '1 second') THEN 'not over' ELSE 'over' END, 'it came into force before its cooling time was over')) AS x (aspect, due, expected, found, about)
    WHERE x.due AND x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'move ' || e.seq, x.expected, x.found, x.about
    FROM event AS e CROSS JOIN LATERAL (VALUES
        ('number ' || e.place, 'number ' || e.seq, 'a move of this proposal is missing'),
        ('from ' || e.before, 'from ' || e.from_state, 'it does not begin where the move before ended'),
        ('a move there is', CASE WHEN (e.from_state, e.to_state) IN (('draft', 'submitted'), ('draft', 'withdrawn'), ('submitted', 'withdrawn'), ('admitted', 'withdrawn'), ('discussion', 'withdrawn'),
            ('submitted', 'admitted'), ('submitted', 'not_admitted'), ('admitted', 'discussion'), ('discussion', 'discussion'), ('discussion', 'referred'), ('referred', 'discussion'), ('referred', 'withdrawn'),
            ('discussion', 'frozen'), ('discussion', 'lapsed'), ('frozen', 'voting'), ('frozen', 'carried'), ('second_reading', 'voting'), ('frozen', 'lapsed'), ('second_reading', 'lapsed'), ('voting', 'closed'),
            ('closed', 'tallied'), ('closed', 'lapsed'), ('tallied', 'carried'), ('tallied', 'rejected'), ('tallied', 'lapsed'), ('carried', 'cooling'), ('cooling', 'second_reading'), ('cooling', 'in_force'),
            ('cooling', 'annulled'), ('closed', 'annulled'), ('tallied', 'annulled'), ('carried', 'annulled'), ('in_force', 'superseded'), ('in_force', 'expired')) THEN 'a move there is'
            ELSE e.from_state || ' to ' || e.to_state END, 'nothing moves a proposal so')) AS x (expected, found, about)
    WHERE x.expected <> x.found;
$$;
