-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the sealed ballots of a reading counted again from what was opened: per class the roll, yes, no and abstain; of elections and budget rounds yes
--          is who chose anything, abstain who chose nothing. What opened to no choice is in no count.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.count_sealed(p_proposal uuid, p_reading integer) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH said AS MATERIALIZED (
        SELECT o.class, o.times, CASE pg_catalog.rtrim(o.choice) WHEN '{"c":"yes"}' THEN 'yes' WHEN '{"c":"no"}' THEN 'no' WHEN '{"c":"abstain"}' THEN 'abstain' WHEN '{"r":[]}' THEN 'abstain'
            WHEN '{"p":[]}' THEN 'abstain' ELSE CASE WHEN o.choice ~ '^\{"[rp]":\[[1-9][0-9]{0,4}(,[1-9][0-9]{0,4})*\]\} *$' THEN 'yes' END END AS choice
        FROM audit.opened_in(p_proposal || '/' || p_reading) AS o)
    SELECT pg_catalog.jsonb_object_agg(k.class, pg_catalog.jsonb_build_object(
        'roll', (SELECT pg_catalog.count(*) FROM governance.roll AS l WHERE l.proposal_id = p_proposal AND l.reading = p_reading AND l.class = k.class),
        'yes', (SELECT COALESCE(pg_catalog.sum(s.times), 0) FROM said AS s WHERE s.class = k.class AND s.choice = 'yes'),
        'no', (SELECT COALESCE(pg_catalog.sum(s.times), 0) FROM said AS s WHERE s.class = k.class AND s.choice = 'no'),
        'abstain', (SELECT COALESCE(pg_catalog.sum(s.times), 0) FROM said AS s WHERE s.class = k.class AND s.choice = 'abstain')))
    FROM (VALUES ('U'), ('W'), ('C')) AS k (class);
$$;
