-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2 and GOV-R1: of each reading of a proposal, a roll was taken, is as it was published and counted, and holds who was to vote when it was
--          taken, nobody else and nobody less. Who changed standing in the seconds around it may be on it or not.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_roll(p_proposal uuid)
RETURNS TABLE (aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH head AS MATERIALIZED (
        SELECT h.*, p.rule, CASE p.rule ->> 'electorate' WHEN 'own_class' THEN v.effect ->> 'class' END AS own_class, CASE p.type WHEN 'expulsion' THEN v.effect ->> 'member_id' END AS accused
        FROM governance.roll_head AS h JOIN governance.proposal AS p ON p.id = h.proposal_id LEFT JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
        WHERE h.proposal_id = p_proposal),
    listed AS MATERIALIZED (SELECT r.reading, r.member_id, r.class::text AS class FROM governance.roll AS r WHERE r.proposal_id = p_proposal),
    due AS MATERIALIZED (
        SELECT h.reading, e.member_id, e.class, pg_catalog.count(*) AS moments
        FROM head AS h CROSS JOIN (VALUES (interval '-5 seconds'), ('0'), ('2 seconds')) AS m (shift) CROSS JOIN LATERAL audit.electors_at(h.rule, h.taken_at + m.shift) AS e
        WHERE e.class = COALESCE(h.own_class, e.class) AND e.member_id::text IS DISTINCT FROM h.accused GROUP BY h.reading, e.member_id, e.class),
    figure AS (
        SELECT h.reading, h.sha256::text AS sha256, h.counts, (SELECT audit.digest(pg_catalog.string_agg(l.class || E'\t' || l.member_id || E'\n', '' ORDER BY l.class COLLATE "C", l.member_id))
                FROM listed AS l WHERE l.reading = h.reading) AS counted,
            (SELECT pg_catalog.jsonb_object_agg(k.class, (SELECT pg_catalog.count(*) FROM listed AS l WHERE l.reading = h.reading AND l.class = k.class)) FROM (VALUES ('U'), ('W'), ('C')) AS k (class)) AS by_class,
            (SELECT pg_catalog.min(f.sha256) FROM audit.leaf_of('roll', p_proposal || '/' || h.reading) AS f) AS leaf
        FROM head AS h)
    SELECT x.aspect || ' of reading ' || f.reading, x.expected, x.found, x.about
    FROM figure AS f CROSS JOIN LATERAL (VALUES
        ('hash of the roll', f.counted, f.sha256, 'the roll is not the one that was published when voting opened'),
        ('roll in the log', f.sha256, COALESCE(f.leaf, f.sha256), 'the log was told of another roll'),
        ('counts of the roll', f.by_class::text, f.counts::text, 'the roll is not as long as was published')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'roll of reading ' || r.reading, 'taken when voting opened', 'none', 'there was voting without a roll: nobody can say who might vote'
    FROM audit.readings_of(p_proposal) AS r WHERE NOT EXISTS (SELECT FROM head AS h WHERE h.reading = r.reading)
    UNION ALL
    SELECT 'member ' || COALESCE(l.member_id, d.member_id) || ' on the roll of reading ' || COALESCE(l.reading, d.reading), COALESCE(d.class, 'no elector'), COALESCE(l.class, 'not on the roll'),
        'the roll does not hold who was to vote when it was taken'
    FROM listed AS l FULL JOIN due AS d ON d.reading = l.reading AND d.member_id = l.member_id AND d.class = l.class
    WHERE (d.member_id IS NULL AND NOT EXISTS (SELECT FROM due AS o WHERE o.reading = l.reading AND o.member_id = l.member_id AND o.moments < 3))
        OR (l.member_id IS NULL AND d.moments = 3);
$$;
