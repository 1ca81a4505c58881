-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the sealed ballots of a reading counted again from what was opened: per class the roll, yes, no and abstain. What opened to no choice
--          is in no count.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.count_sealed(p_proposal uuid, p_reading integer) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH opened AS MATERIALIZED (
        SELECT pg_catalog.convert_from(b.record, 'UTF8')::jsonb ->> 'class' AS class, o.choice::jsonb ->> 'c' AS choice, 1 AS times
        FROM governance.opened_choice AS o JOIN governance.ballot AS b ON b.box = o.box AND b.record_sha256 = o.record_sha256 WHERE o.box = p_proposal || '/' || p_reading
        UNION ALL
        SELECT m.class, m.choice::jsonb ->> 'c', m.count FROM governance.opened_merged AS m WHERE m.box = p_proposal || '/' || p_reading)
    SELECT pg_catalog.jsonb_object_agg(k.class, pg_catalog.jsonb_build_object(
        'roll', (SELECT pg_catalog.count(*) FROM governance.roll AS l WHERE l.proposal_id = p_proposal AND l.reading = p_reading AND l.class = k.class),
        'yes', (SELECT COALESCE(pg_catalog.sum(o.times), 0) FROM opened AS o WHERE o.class = k.class AND o.choice = 'yes'),
        'no', (SELECT COALESCE(pg_catalog.sum(o.times), 0) FROM opened AS o WHERE o.class = k.class AND o.choice = 'no'),
        'abstain', (SELECT COALESCE(pg_catalog.sum(o.times), 0) FROM opened AS o WHERE o.class = k.class AND o.choice = 'abstain')))
    FROM (VALUES ('U'), ('W'), ('C')) AS k (class);
$$;
