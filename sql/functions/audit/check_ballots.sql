-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2 and GOV-B1: of each reading of a proposal, named votes were cast while voting was open and are numbered without gaps; there is one of every
--          member marked as having voted, and of nobody else; the ballots are those the log was told of when voting closed. Of sealed ones the same by class,
--          and what was opened is what was cast (audit.check_box).
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_ballots(p_proposal uuid)
RETURNS TABLE (aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH vote AS MATERIALIZED (
        SELECT v.*, pg_catalog.row_number() OVER (PARTITION BY v.reading, v.member_id ORDER BY v.seq) AS place FROM governance.named_vote AS v WHERE v.proposal_id = p_proposal),
    reading AS MATERIALIZED (
        SELECT r.*, h.sealed, b.sha256 AS box, CASE
            WHEN h.sealed AND r.closed IS NOT NULL THEN (SELECT audit.digest(COALESCE(pg_catalog.string_agg(pg_catalog.encode(x.record_sha256, 'hex') || E'\n', '' ORDER BY x.record_sha256), ''))
                FROM governance.ballot AS x WHERE x.box = p_proposal || '/' || r.reading)
            WHEN EXISTS (SELECT FROM governance.tally AS t WHERE t.proposal_id = p_proposal AND t.reading = r.reading) THEN
                (SELECT pg_catalog.encode(pg_catalog.sha256(b.salt || pg_catalog.convert_to(COALESCE(pg_catalog.string_agg(x.hash || E'\n', '' ORDER BY x.hash COLLATE "C"), ''), 'UTF8')), 'hex')
                 FROM (SELECT audit.digest(log.canonical(pg_catalog.jsonb_build_object('at', log.time_text(v.at), 'choice', v.choice, 'member', v.member_id, 'proposal', p_proposal, 'reading', v.reading,
                    'seq', v.seq))) AS hash FROM vote AS v WHERE v.reading = r.reading) AS x)
            ELSE b.sha256 END AS ballots
        FROM audit.readings_of(p_proposal) AS r LEFT JOIN governance.roll_head AS h ON h.proposal_id = p_proposal AND h.reading = r.reading
        LEFT JOIN LATERAL (SELECT l.salt, l.sha256::text FROM governance.ballot_log AS l WHERE l.proposal_id = p_proposal AND l.reading = r.reading ORDER BY l.no DESC LIMIT 1) AS b ON true)
    SELECT 'ballots in the log of reading ' || r.reading, r.ballots, COALESCE(r.box, 'none'),
        'the ballots are not those the log was told of when voting closed: one was added, changed or taken away, or two were exchanged'
    FROM reading AS r WHERE r.ballots IS DISTINCT FROM r.box
    UNION ALL
    SELECT 'vote of ' || v.member_id || ' ' || v.seq || ' in reading ' || v.reading, x.expected, x.found, x.about
    FROM vote AS v LEFT JOIN reading AS r ON r.reading = v.reading CROSS JOIN LATERAL (VALUES
        ('number ' || v.place, 'number ' || v.seq, 'a vote of this member is missing'),
        ('cast while voting was open', CASE WHEN v.at >= r.opened - interval '1 second' AND v.at <= COALESCE(r.closed, 'infinity') THEN 'cast while voting was open' ELSE 'cast at ' || log.time_text(v.at) END,
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
