-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: GOV-O1: who holds or held an office was named for it by the charter, or by an appointment or an election in force, as one of its winners; for the term there is,
--          in a seat of that body and class; no seat has two holders at a time, nobody two seats of a body, no observer one; who left did so for a reason that
--          is there; nobody opened the ballots of a proposal of their own or of an election they stood in. Nobody was expelled but by a vote in force. Bodies that exclude each other are G1's.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_offices(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH office AS MATERIALIZED (
        SELECT o.*, LEAST(o.until_at, e.at) AS ends, e.at AS left_at, e.reason, e.proposal_id AS left_by, m.ref, m.observer, p.state, p.in_force_at, v.effect, c.founded_at, b.bodies,
            b.bodies -> o.body::text AS own, COALESCE(b.bodies -> o.body::text ->> 'term_seconds', b.bodies ->> 'office_term_seconds')::bigint * interval '1 second' AS term,
            COALESCE(b.bodies -> o.body::text ->> 'seats_per_class', b.bodies -> o.body::text ->> 'seats', '1')::integer AS seats, o.body IN ('board', 'steward', 'steward_deputy', 'conduct') AS of_class,
            (SELECT k.class::text FROM governance.class_spell AS k WHERE k.member_id = o.member_id AND (k.seq = 1 OR k.from_at <= o.from_at) ORDER BY k.seq DESC LIMIT 1) AS class_then,
            CASE v.effect ->> 'schema'
                WHEN 'appointment' THEN v.effect ->> 'body' = o.body AND v.effect ->> 'member_id' = o.member_id::text
                WHEN 'seats' THEN v.effect ->> 'body' = o.body AND v.effect ->> 'class' IS NOT DISTINCT FROM o.class AND EXISTS (
                    SELECT FROM pg_catalog.jsonb_array_elements(v.effect -> 'candidates') AS x (c) WHERE x.c ->> 'member_id' = o.member_id::text
                        AND (audit.is_uncontested(p.id) OR EXISTS (SELECT FROM governance.tally AS t WHERE t.proposal_id = p.id AND t.result -> 'winners' @> (x.c -> 'number')))) END AS named,
            EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(c.doc -> 'founders') AS f (d) WHERE f.d ->> 'ref' = m.ref AND f.d -> 'offices' ? o.body::text) AS founded
        FROM governance.office AS o CROSS JOIN governance.charter AS c CROSS JOIN LATERAL (SELECT c.doc -> 'bodies' AS bodies) AS b LEFT JOIN governance.member AS m ON m.member_id = o.member_id
        LEFT JOIN governance.office_end AS e ON e.office_id = o.id LEFT JOIN governance.proposal AS p ON p.id = o.proposal_id
        LEFT JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version)
    SELECT 'office', o.id::text, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM office AS o CROSS JOIN LATERAL (VALUES
        ('origin', CASE WHEN o.proposal_id IS NULL THEN 'the charter' ELSE o.proposal_id || ' in force' END, CASE WHEN o.proposal_id IS NULL AND o.founded THEN 'the charter'
            WHEN o.proposal_id IS NOT NULL THEN o.proposal_id || ' ' || CASE WHEN o.state IN ('in_force', 'superseded', 'expired') THEN 'in force' ELSE o.state END END,
            'neither the charter nor a vote in force gave this office'),
        ('holder', CASE WHEN o.proposal_id IS NULL OR o.named THEN o.member_id::text ELSE CASE o.effect ->> 'schema' WHEN 'appointment' THEN o.effect ->> 'member_id' ELSE 'a winner of ' || o.proposal_id END END,
            o.member_id::text, 'the vote that the office names gave it, or another office, to somebody else'),
        ('from', log.time_text(COALESCE(o.in_force_at, o.founded_at)), log.time_text(o.from_at), 'the office does not begin with what gave it'),
        ('until', log.time_text(CASE o.effect ->> 'schema' WHEN 'seats' THEN (o.effect ->> 'until')::timestamptz ELSE COALESCE(o.in_force_at, o.founded_at) + o.term END),
            log.time_text(CASE WHEN o.effect ->> 'schema' = 'seats' AND o.until_at BETWEEN (o.effect ->> 'until')::timestamptz AND (o.effect ->> 'until')::timestamptz + interval '1 second'
                THEN (o.effect ->> 'until')::timestamptz ELSE o.until_at END), 'the office lasts longer, or shorter, than its term'),
        ('seat', CASE WHEN o.of_class THEN o.class_then END, CASE WHEN o.of_class OR o.class IS NOT NULL THEN o.class::text END, 'somebody sits for a class of which they are no member'),
        ('number', 'one of ' || o.seats, CASE WHEN o.seat ~ ('^' || COALESCE(o.class, '') || '[1-9][0-9]*$') AND pg_catalog.substr(o.seat, 1 + pg_catalog.length(COALESCE(o.class, '')))::numeric <= o.seats
            THEN 'one of ' || o.seats ELSE o.seat END, 'there is no such seat'),
        ('membership', 'a member', CASE WHEN o.observer THEN 'an observer' ELSE 'a member' END, 'observers hold no seat'),
        ('end', COALESCE(o.reason, ''), CASE WHEN o.reason IS NULL THEN '' WHEN o.reason = 'left' AND EXISTS (SELECT FROM governance.standing AS s WHERE s.member_id = o.member_id
                AND s.standing IN ('left', 'expelled', 'deceased') AND s.since_at BETWEEN o.left_at - interval '10 seconds' AND o.left_at + interval '10 seconds') THEN o.reason
            WHEN EXISTS (SELECT FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version WHERE p.id = o.left_by AND p.in_force_at = o.left_at
                AND CASE o.reason WHEN 'recalled' THEN v.effect ->> 'schema' = 'recall' AND v.effect ->> 'office_id' = o.id::text
                    WHEN 'replaced' THEN v.effect ->> 'schema' IN ('appointment', 'seats') AND v.effect ->> 'body' = o.body::text END) THEN o.reason END,
            'somebody lost an office, and nothing that is there took it')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'office', o.id::text, 'beside ' || b.id, 'one at a time', CASE WHEN o.seat = b.seat THEN 'both in seat ' || o.seat ELSE 'both of ' || o.member_id END, 'a seat has two holders, or somebody two seats of a body'
    FROM office AS o JOIN office AS b ON b.body = o.body AND b.id > o.id AND (b.seat = o.seat OR b.member_id = o.member_id) AND o.from_at < b.ends AND b.from_at < o.ends
    UNION ALL
    SELECT 'member', s.member_id::text, 'standing ' || s.seq, 'expelled by a vote in force', 'by none', 'a member was expelled, and no vote said so'
    FROM governance.standing AS s WHERE s.standing = 'expelled' AND NOT EXISTS (SELECT FROM governance.proposal AS p JOIN governance.proposal_version AS v ON v.proposal_id = p.id
            AND v.version = p.version WHERE p.type = 'expulsion' AND p.state IN ('in_force', 'superseded', 'expired') AND v.effect ->> 'member_id' = s.member_id::text
            AND s.since_at BETWEEN p.in_force_at AND p.in_force_at + interval '10 seconds')
    UNION ALL
    SELECT 'proposal', k.proposal_id::text, 'steward of class ' || k.class || ' in reading ' || k.reading, 'a steward in office, neither its author nor concerned', k.member_id::text,
        'the key to its ballots was in the wrong hands'
    FROM governance.steward_key AS k JOIN governance.proposal AS p ON p.id = k.proposal_id
    WHERE k.member_id = p.author OR p.subject = 'expulsion:' || k.member_id OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements((SELECT v.effect -> 'candidates' FROM governance.proposal_version AS v WHERE v.proposal_id = p.id
            AND v.version = p.version AND v.effect ? 'candidates')) AS c (d) WHERE c.d ->> 'member_id' = k.member_id::text)
        OR NOT EXISTS (SELECT FROM office AS o WHERE o.member_id = k.member_id AND o.body IN ('steward', 'steward_deputy') AND o.class = k.class AND o.from_at <= k.posted_at AND o.ends > k.posted_at);
$$;
