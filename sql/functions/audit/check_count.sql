-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2: of each reading of a proposal, the last vote of each member on the roll counted again: cast while voting was open, numbered
--          without gaps, one for every member marked as having voted, and together those the log was told of; counts and decision as tallied, and the tally as its hash and the log say.
--          Of a sealed reading, what was opened is counted (audit.count_sealed; audit.check_box says whether it is what was cast).
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_count(p_proposal uuid)
RETURNS TABLE (aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH vote AS MATERIALIZED (
        SELECT v.*, pg_catalog.row_number() OVER w AS place, pg_catalog.row_number() OVER (PARTITION BY v.reading, v.member_id ORDER BY v.seq DESC) = 1 AS last
        FROM governance.named_vote AS v WHERE v.proposal_id = p_proposal WINDOW w AS (PARTITION BY v.reading, v.member_id ORDER BY v.seq)),
    reading AS MATERIALIZED (
        SELECT r.*, p.rule, p.proposal_sha256, h.sha256 AS roll_sha256, t.counts, t.outcome, t.sha256, h.sealed,
            CASE WHEN h.sealed THEN audit.count_sealed(p_proposal, r.reading::integer) ELSE (SELECT pg_catalog.jsonb_object_agg(k.class, (SELECT pg_catalog.jsonb_build_object('roll', pg_catalog.count(*), 'yes', pg_catalog.count(*) FILTER (WHERE v.choice = 'yes'),
                'no', pg_catalog.count(*) FILTER (WHERE v.choice = 'no'), 'abstain', pg_catalog.count(*) FILTER (WHERE v.choice = 'abstain'))
                FROM governance.roll AS l LEFT JOIN vote AS v ON v.reading = l.reading AND v.member_id = l.member_id AND v.last
                WHERE l.proposal_id = p_proposal AND l.reading = r.reading AND l.class = k.class)) FROM (VALUES ('U'), ('W'), ('C')) AS k (class)) END AS counted,
            (SELECT pg_catalog.min(f.sha256) FROM audit.leaf_of('vote_result', p_proposal || '/' || r.reading) AS f) AS leaf, b.sha256 AS box,
            CASE WHEN h.sealed THEN (SELECT audit.digest(COALESCE(pg_catalog.string_agg(pg_catalog.encode(x.record_sha256, 'hex') || E'\n', '' ORDER BY x.record_sha256), ''))
                FROM governance.ballot AS x WHERE x.box = p_proposal || '/' || r.reading) ELSE
            (SELECT pg_catalog.encode(pg_catalog.sha256(b.salt || pg_catalog.convert_to(COALESCE(pg_catalog.string_agg(x.hash || E'\n', '' ORDER BY x.hash COLLATE "C"), ''), 'UTF8')), 'hex')
             FROM (SELECT audit.digest(log.canonical(pg_catalog.jsonb_build_object('at', log.time_text(v.at), 'choice', v.choice, 'member', v.member_id, 'proposal', p_proposal, 'reading', v.reading,
                'seq', v.seq))) AS hash FROM vote AS v WHERE v.reading = r.reading) AS x) END AS ballots
        FROM audit.readings_of(p_proposal) AS r JOIN governance.proposal AS p ON p.id = p_proposal
        LEFT JOIN governance.roll_head AS h ON h.proposal_id = p_proposal AND h.reading = r.reading LEFT JOIN governance.tally AS t ON t.proposal_id = p_proposal AND t.reading = r.reading
        LEFT JOIN LATERAL (SELECT l.salt, l.sha256::text FROM governance.ballot_log AS l WHERE l.proposal_id = p_proposal AND l.reading = r.reading ORDER BY l.no DESC LIMIT 1) AS b ON true)
    SELECT x.aspect || ' of reading ' || r.reading, x.expected, COALESCE(x.found, 'none'), x.about
    FROM reading AS r CROSS JOIN LATERAL (VALUES
        ('counts', log.canonical(r.counted), log.canonical(r.counts), 'the ballots do not come to what was tallied: a ballot was added, changed or taken away'),
        ('ballots in the log', r.ballots, r.box, 'the ballots are not those the log was told of when voting closed: one was added, changed or taken away, or two were exchanged'),
        ('decision', audit.decided(r.rule, r.counted), pg_catalog.concat_ws(' ', r.outcome ->> 'outcome', r.outcome ->> 'class'), 'quorum and support do not give the decision that was tallied'),
        ('carried', 'carried', audit.decided(r.rule, r.counted), 'the ballots do not carry what is in force'),
        ('tally''s hash', audit.digest(log.canonical(pg_catalog.jsonb_build_object('proposal_sha256', r.proposal_sha256, 'reading', r.reading, 'roll_sha256', r.roll_sha256, 'counts', r.counts,
            'outcome', r.outcome))), r.sha256::text, 'the tally is not the one that was hashed'),
        ('tally in the log', COALESCE(r.leaf, r.sha256::text), r.sha256::text, 'the log was told of another tally')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'vote of ' || v.member_id || ' ' || v.seq || ' in reading ' || v.reading, x.expected, x.found, x.about
    FROM vote AS v LEFT JOIN reading AS r ON r.reading = v.reading CROSS JOIN LATERAL (VALUES
        ('number ' || v.place, 'number ' || v.seq, 'a vote of this member is missing'),
        ('cast while voting was open', CASE WHEN v.at >= r.opened - interval '1 second' AND v.at <= r.closed THEN 'cast while voting was open' ELSE 'cast at ' || log.time_text(v.at) END,
            'a vote was cast before voting opened or behind its close')) AS x (expected, found, about)
    WHERE x.expected <> x.found
    UNION ALL
    SELECT 'member ' || l.member_id || ' in reading ' || l.reading, CASE WHEN l.voted THEN 'a vote' ELSE 'no vote' END, CASE WHEN l.voted THEN 'no vote' ELSE 'a vote' END,
        'who is marked as having voted and whose vote there is are not the same'
    FROM governance.roll AS l JOIN reading AS r ON r.reading = l.reading AND r.sealed IS NOT TRUE
    WHERE l.proposal_id = p_proposal AND l.voted <> EXISTS (SELECT FROM vote AS v WHERE v.reading = l.reading AND v.member_id = l.member_id)
    UNION ALL
    SELECT x.aspect, x.expected, x.found, x.about FROM audit.check_box(p_proposal) AS x;
$$;
