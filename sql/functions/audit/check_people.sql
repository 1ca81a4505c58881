-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A5 for the inputs of one run: listed is who had contributed, with the standing at the month's end, verified or not, the months since
--          joining, the quality of the contributions weighed by their units, and the weights of the file from outside; of each contribution the
--          same.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_people(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH doc AS MATERIALIZED (SELECT audit.inputs_of(r.id) AS doc, COALESCE(pg_catalog.convert_from(e.bytes, 'UTF8')::json, '{}') AS outside, r.pool_id
        FROM payout.run AS r LEFT JOIN payout.evidence AS e ON e.sha256 = r.external_sha256 WHERE r.id = p_unit::uuid),
    listed AS MATERIALIZED (SELECT m.* FROM doc AS d CROSS JOIN LATERAL pg_catalog.json_to_recordset(d.doc -> 'recipients') AS m (id text, units numeric, quality_ppm bigint, external bigint, status text,
        equal bigint, tenure bigint)),
    contribution AS MATERIALIZED (
        SELECT c.id, c.units, c.quality_ppm, c.external, c.contributors::jsonb AS contributors, l.member_id::text AS member, COALESCE(l.quality_ppm, 1000000) AS quality, COALESCE(x.external, 0) AS weight
        FROM doc AS d CROSS JOIN LATERAL pg_catalog.json_to_recordset(d.doc -> 'contributions') AS c (id text, units numeric, quality_ppm bigint, external bigint, contributors json)
        LEFT JOIN licensing.contribution AS l ON l.id::text = c.id AND l.pool_id = d.pool_id AND l.rows IS NOT NULL
        LEFT JOIN pg_catalog.json_to_recordset(d.outside -> 'contributions') AS x (id text, external bigint) ON x.id = c.id),
    quality AS (
        SELECT c.member, CASE WHEN pg_catalog.sum(c.units) > 0 THEN pg_catalog.div(pg_catalog.sum(c.units * c.quality), pg_catalog.sum(c.units)) ELSE pg_catalog.floor(pg_catalog.avg(c.quality)) END AS ppm
        FROM contribution AS c GROUP BY c.member),
    person AS MATERIALIZED (SELECT p.*, COALESCE(x.external, 0) AS weight FROM doc AS d CROSS JOIN audit.people_of(p_unit::uuid) AS p
        LEFT JOIN pg_catalog.json_to_recordset(d.outside -> 'recipients') AS x (id text, external bigint) ON x.id = p.id)
    SELECT 'run', p_unit, x.aspect || ' of recipient ' || l.id, x.expected, x.found, NULL::bigint, NULL, 'the run took a member for somebody else than the records say: compare the frozen inputs with them'
    FROM listed AS l JOIN person AS p ON p.id = l.id LEFT JOIN quality AS q ON q.member = l.id CROSS JOIN LATERAL (VALUES
        ('status', p.status, l.status), ('equal', p.verified::integer::text, l.equal::text), ('tenure', p.tenure::text, l.tenure::text), ('quality', COALESCE(q.ppm, 1000000)::text, l.quality_ppm::text),
        ('external weight', p.weight::text, l.external::text)) AS x (aspect, expected, found)
    WHERE p.sure AND x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'run', p_unit, 'recipient ' || COALESCE(l.id, p.id), CASE WHEN p.id IS NULL THEN 'not listed' ELSE 'listed' END, CASE WHEN l.id IS NULL THEN 'not listed' ELSE 'listed' END, NULL, NULL,
        'the run lists others than those who had contributed'
    FROM listed AS l FULL JOIN person AS p ON p.id = l.id WHERE l.id IS NULL AND p.sure AND (SELECT d.doc FROM doc AS d) IS NOT NULL OR p.id IS NULL
    UNION ALL
    SELECT 'run', p_unit, x.aspect || ' of contribution ' || c.id, x.expected, x.found, NULL, NULL, 'the run took a contribution for another than the records say: compare the frozen inputs with them'
    FROM contribution AS c CROSS JOIN LATERAL (VALUES
        ('contributors', COALESCE(c.member || ' 1', 'none'), (SELECT pg_catalog.string_agg((o ->> 'recipient') || ' ' || (o ->> 'share'), ', ') FROM pg_catalog.jsonb_array_elements(c.contributors) AS o)),
        ('quality', c.quality::text, c.quality_ppm::text), ('external weight', c.weight::text, c.external::text)) AS x (aspect, expected, found)
    WHERE x.expected IS DISTINCT FROM x.found;
$$;
