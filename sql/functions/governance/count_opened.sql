-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: counts of a sealed vote per class: the roll, and what its opened ballots say. Spoiled ones are in no count. Of elections and
--          budget rounds yes are the ballots that choose somebody or something, abstain the empty ones.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.count_opened(p_id uuid, p_reading integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH opened AS (
        SELECT pg_catalog.convert_from(b.record, 'UTF8')::jsonb ->> 'class' AS class, pg_catalog.rtrim(o.choice) AS choice, 1 AS count
        FROM governance.opened_choice AS o JOIN governance.ballot AS b USING (box, record_sha256) WHERE o.box = p_id || '/' || p_reading
        UNION ALL
        SELECT m.class, pg_catalog.rtrim(m.choice), m.count FROM governance.opened_merged AS m WHERE m.box = p_id || '/' || p_reading
    ), summed AS (
        SELECT o.class, COALESCE(pg_catalog.sum(o.count) FILTER (WHERE o.choice NOT IN ('{"c":"no"}', '{"c":"abstain"}', '{"r":[]}', '{"p":[]}')), 0) AS yes,
               COALESCE(pg_catalog.sum(o.count) FILTER (WHERE o.choice = '{"c":"no"}'), 0) AS no,
               COALESCE(pg_catalog.sum(o.count) FILTER (WHERE o.choice IN ('{"c":"abstain"}', '{"r":[]}', '{"p":[]}')), 0) AS abstain
        FROM opened AS o GROUP BY o.class
    )
    SELECT pg_catalog.jsonb_object_agg(c.code, pg_catalog.jsonb_build_object('roll', (SELECT pg_catalog.count(*) FROM governance.roll AS r
                   WHERE r.proposal_id = p_id AND r.reading = p_reading AND r.class = c.code),
               'yes', COALESCE(s.yes, 0), 'no', COALESCE(s.no, 0), 'abstain', COALESCE(s.abstain, 0)))
    FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS c (code) LEFT JOIN summed AS s ON s.class = c.code;
$$;
