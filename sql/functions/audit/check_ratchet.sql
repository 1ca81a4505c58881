-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: GOV-A2: what protects the trust is never loosened but by its own procedure. Versions of rule rows and bylaws go on from the charter's, each the one that a vote in force made; what
--          protects the lock, and what is entrenched, changes by an entrenched proposal alone, and its rule rows never go below the floors; the bootstrap clause ended with enough members,
--          decided nothing but its own types and nothing behind its end; what is prohibited was lifted by a vote that permits the purpose, with which the council concurred.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_ratchet(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH vote AS (
        SELECT p.id, p.type, p.rule, p.state IN ('in_force', 'superseded', 'expired') AS enacted, p.in_force_at, v.effect
        FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version),
    row AS (
        SELECT 'rule' AS kind, r.type AS name, r.version, r.proposal_id, r.from_at, r.sha256::text AS sha256, audit.digest(log.canonical(r.rule)) AS made, r.type IN ('entrenched', 'succession') AS locked,
            (SELECT x.d FROM governance.charter AS c, pg_catalog.jsonb_array_elements(c.doc -> 'rules') AS x (d) WHERE x.d ->> 'type' = r.type) AS chartered, v.effect -> 'rule' AS voted, 'rule_row' AS effect
        FROM governance.rule_version AS r LEFT JOIN vote AS v ON v.id = r.proposal_id
        UNION ALL
        SELECT 'bylaw', b.clause, b.version, b.proposal_id, b.from_at, b.sha256::text, audit.digest(log.canonical(pg_catalog.jsonb_build_object('clause', b.clause, 'title', b.title, 'text', b.body_text,
                'entrenched', b.entrenched))), b.entrenched OR COALESCE((SELECT o.entrenched FROM governance.bylaw_version AS o WHERE o.clause = b.clause AND o.version < b.version ORDER BY o.version DESC LIMIT 1), false),
            (SELECT x.d FROM governance.charter AS c, pg_catalog.jsonb_array_elements(c.doc -> 'bylaws') AS x (d) WHERE x.d ->> 'clause' = b.clause), v.effect - 'schema', 'bylaw_text'
        FROM governance.bylaw_version AS b LEFT JOIN vote AS v ON v.id = b.proposal_id),
    numbered AS (SELECT r.*, pg_catalog.row_number() OVER (PARTITION BY r.kind, r.name ORDER BY r.version) AS place FROM row AS r)
    SELECT r.kind, r.name || ' ' || r.version, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM numbered AS r LEFT JOIN vote AS v ON v.id = r.proposal_id CROSS JOIN LATERAL (VALUES
        ('number', r.place::text, r.version::text, 'a version between is missing'),
        ('hash', r.made, r.sha256, 'its hash is not that of its text'),
        ('origin', 'a vote in force, or the charter', CASE WHEN v.enacted AND v.effect ->> 'schema' = r.effect OR r.proposal_id IS NULL AND r.chartered IS NOT NULL AND r.version = 1 THEN 'a vote in force, or the charter'
            ELSE r.proposal_id || ' ' || CASE WHEN v.enacted THEN v.effect ->> 'schema' ELSE 'not in force' END END, 'neither the charter nor a vote in force made it'),
        ('text', audit.digest(log.canonical(CASE WHEN r.proposal_id IS NULL THEN r.chartered ELSE r.voted END)), r.made, 'it is not what was voted'),
        ('from', log.time_text(COALESCE(v.in_force_at, (SELECT c.founded_at FROM governance.charter AS c))), log.time_text(r.from_at), 'it is dated otherwise than its vote'),
        ('type of vote', CASE WHEN r.locked AND r.proposal_id IS NOT NULL THEN 'entrenched' ELSE v.type END, v.type, 'what is entrenched, or protects the asset lock, was changed by less than an entrenched vote')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'rule', r.type || ' ' || r.version, 'floors', 'kept', 'below', 'a rule row that protects the asset lock went below the floors that no vote lowers'
    FROM governance.rule_version AS r WHERE r.type IN ('entrenched', 'succession') AND NOT audit.keeps_floors(r.rule)
    UNION ALL
    SELECT 'proposal', v.id::text, 'floors', 'kept', 'below', 'it was put to the vote under a rule row below the floors that no vote lowers'
    FROM vote AS v WHERE v.type IN ('entrenched', 'succession') AND v.rule IS NOT NULL AND NOT audit.keeps_floors(v.rule)
    UNION ALL
    SELECT 'proposal', p.id::text, 'decided by', CASE WHEN s.at > b.ended_at + interval '10 seconds' THEN p.type ELSE 'the founding board, of its types alone' END, p.rule_type,
        'members had to vote on this: the founding board decides for them no more, or never did'
    FROM governance.proposal AS p LEFT JOIN governance.bootstrap_end AS b ON true
    CROSS JOIN LATERAL (SELECT pg_catalog.min(e.at) AS at FROM governance.proposal_event AS e WHERE e.proposal_id = p.id AND e.to_state = 'submitted') AS s
    WHERE p.rule_type <> p.type AND (s.at > b.ended_at + interval '10 seconds' OR p.rule_type <> 'board_decision' OR p.type NOT IN ('terms', 'benefit_rule', 'prohibit_purpose', 'budget_round', 'policy'))
    UNION ALL
    SELECT 'bootstrap', 'end', 'members of class ' || k.key, 'at least ' || (c.doc #>> '{bootstrap,min_per_class}'), k.value, 'the bootstrap clause ended before every class had enough members'
    FROM governance.bootstrap_end AS b CROSS JOIN governance.charter AS c CROSS JOIN LATERAL pg_catalog.jsonb_each_text(b.counts) AS k WHERE k.value::bigint < (c.doc #>> '{bootstrap,min_per_class}')::bigint
    UNION ALL
    SELECT 'prohibition', b.purpose, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM governance.prohibition_lift AS l JOIN governance.prohibition AS b ON b.id = l.prohibition_id LEFT JOIN vote AS v ON v.id = l.proposal_id CROSS JOIN LATERAL (VALUES
        ('lifted by', 'permit_purpose ' || b.purpose || ' in force', pg_catalog.concat_ws(' ', v.type, v.effect ->> 'purpose', CASE WHEN v.enacted THEN 'in force' END), 'what is prohibited is permitted by its own vote alone'),
        ('council', 'concurs', CASE WHEN v.rule ->> 'council' <> 'concurrence' OR EXISTS (SELECT FROM governance.opinion AS o WHERE o.proposal_id = l.proposal_id AND o.kind = 'concurrence' AND o.approved) THEN 'concurs' END,
            'the council did not concur')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'prohibition', x.purpose, 'charter', 'prohibited from the founding on', 'none', 'what the charter prohibits is not prohibited'
    FROM governance.charter AS c CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(c.doc -> 'prohibited_purposes') AS x (purpose)
    WHERE NOT EXISTS (SELECT FROM governance.prohibition AS b WHERE b.purpose = x.purpose AND b.proposal_id IS NULL AND b.from_at < c.founded_at + interval '1 minute');
$$;
