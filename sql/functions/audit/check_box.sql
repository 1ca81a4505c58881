-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2 and GOV-B1: of each sealed reading of a proposal, as many ballots of each class as members marked as having voted; each opened once or found spoiled;
--          what was opened is what the ballot committed to; and together they are the ballots the log was told of.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_box(p_proposal uuid)
RETURNS TABLE (aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH head AS MATERIALIZED (SELECT h.reading, p_proposal || '/' || h.reading AS box FROM governance.roll_head AS h WHERE h.proposal_id = p_proposal AND h.sealed),
    ballot AS MATERIALIZED (
        SELECT h.reading, b.box, b.record_sha256, j.record ->> 'class' AS class,
            pg_catalog.encode(pg_catalog.decode(pg_catalog.translate(j.record ->> 'commit', '-_', '+/') || '=', 'base64'), 'hex') AS commit
        FROM head AS h JOIN governance.ballot AS b ON b.box = h.box CROSS JOIN LATERAL (SELECT pg_catalog.convert_from(b.record, 'UTF8')::jsonb AS record) AS j),
    opened AS MATERIALIZED (
        SELECT h.reading, (SELECT pg_catalog.count(*) FROM governance.opened_choice AS o WHERE o.box = h.box) + (SELECT pg_catalog.count(*) FROM governance.spoiled_ballot AS s WHERE s.box = h.box)
            + (SELECT COALESCE(pg_catalog.sum(m.count), 0) FROM governance.opened_merged AS m WHERE m.box = h.box) AS count
        FROM head AS h WHERE EXISTS (SELECT FROM governance.tally AS t WHERE t.proposal_id = p_proposal AND t.reading = h.reading))
    SELECT 'ballots of class ' || k.class || ' in reading ' || h.reading, x.voted::text, x.cast::text, 'a ballot was added or lost: members marked as having voted and ballots are not as many'
    FROM head AS h CROSS JOIN (VALUES ('U'), ('W'), ('C')) AS k (class) CROSS JOIN LATERAL (SELECT
        (SELECT pg_catalog.count(*) FROM governance.roll AS l WHERE l.proposal_id = p_proposal AND l.reading = h.reading AND l.class = k.class AND l.voted) AS voted,
        (SELECT pg_catalog.count(*) FROM ballot AS b WHERE b.reading = h.reading AND b.class = k.class) AS cast) AS x
    WHERE x.voted <> x.cast
    UNION ALL
    SELECT 'ballots opened in reading ' || o.reading, x.count::text, o.count::text, 'not every ballot was opened once, or found to hold no choice'
    FROM opened AS o CROSS JOIN LATERAL (SELECT pg_catalog.count(*) AS count FROM ballot AS b WHERE b.reading = o.reading) AS x WHERE x.count <> o.count
    UNION ALL
    SELECT 'ballot ' || pg_catalog.encode(b.record_sha256, 'hex') || ' in reading ' || b.reading, b.commit, x.commit, 'the choice that was counted is not the one this ballot holds'
    FROM ballot AS b JOIN governance.opened_choice AS o ON o.box = b.box AND o.record_sha256 = b.record_sha256
    CROSS JOIN LATERAL (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to('commonhold-choice/1', 'UTF8') || o.key || pg_catalog.convert_to(o.choice, 'UTF8')), 'hex') AS commit) AS x
    WHERE b.commit IS DISTINCT FROM x.commit;
$$;
