-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A5 for the inputs of one run: listed is who had contributed, with the standing at the month's end, verified or not, the months since
--          joining, the quality of the contributions weighed by their units, and the weights of the file from outside; of each contribution the
--          same. The inputs and the books stand in the work tables.
--          Nobody counted what lies in the work tables: so all rows are joined at once.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_people(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH listed AS NOT MATERIALIZED (SELECT m.* FROM audit.work_recipient AS m),
    contribution AS MATERIALIZED (
        SELECT c.id, c.units::numeric AS units, c.quality_ppm, c.external, s.contributors, o.member, COALESCE(o.quality, 1000000) AS quality, COALESCE(x.external, 0) AS weight
        FROM audit.work_contribution AS c LEFT JOIN audit.work_owned AS o ON o.id = c.id LEFT JOIN audit.work_outside AS x ON x.what = 'contribution' AND x.id = c.id
        LEFT JOIN (SELECT k.contribution, pg_catalog.string_agg(k.recipient || ' ' || k.share, ', ' ORDER BY k.recipient) AS contributors FROM audit.work_contributor AS k
            GROUP BY k.contribution) AS s ON s.contribution = c.id),
    quality AS (
        SELECT c.member, CASE WHEN pg_catalog.sum(c.units) > 0 THEN pg_catalog.div(pg_catalog.sum(c.units * c.quality), pg_catalog.sum(c.units)) ELSE pg_catalog.floor(pg_catalog.avg(c.quality)) END AS ppm
        FROM contribution AS c GROUP BY c.member),
    person AS MATERIALIZED (SELECT p.*, COALESCE(x.external, 0) AS weight FROM audit.work_person AS p LEFT JOIN audit.work_outside AS x ON x.what = 'recipient' AND x.id = p.id)
    SELECT 'run', p_unit, x.aspect || ' of recipient ' || l.id, x.expected, x.found, NULL::bigint, NULL, 'the run took a member for somebody else than the records say: compare the frozen inputs with them'
    FROM listed AS l JOIN person AS p ON p.id = l.id LEFT JOIN quality AS q ON q.member = l.id CROSS JOIN LATERAL (VALUES
        ('status', p.status, l.status), ('equal', p.verified::integer::text, l.equal::text), ('tenure', p.tenure::text, l.tenure::text), ('quality', COALESCE(q.ppm, 1000000)::text, l.quality_ppm::text),
        ('external weight', p.weight::text, l.external::text)) AS x (aspect, expected, found)
    WHERE p.sure AND x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'run', p_unit, 'recipient ' || COALESCE(l.id, p.id), CASE WHEN p.id IS NULL THEN 'not listed' ELSE 'listed' END, CASE WHEN l.id IS NULL THEN 'not listed' ELSE 'listed' END, NULL, NULL,
        'the run lists others than those who had contributed'
    FROM listed AS l FULL JOIN person AS p ON p.id = l.id WHERE l.id IS NULL AND p.sure AND EXISTS (SELECT FROM audit.work_inputs) OR p.id IS NULL
    UNION ALL
    SELECT 'run', p_unit, x.aspect || ' of contribution ' || c.id, x.expected, x.found, NULL, NULL, 'the run took a contribution for another than the records say: compare the frozen inputs with them'
    FROM contribution AS c CROSS JOIN LATERAL (VALUES
        ('contributors', COALESCE(c.member || ' 1', 'none'), c.contributors),
        ('quality', c.quality::text, c.quality_ppm::text), ('external weight', c.weight::text, c.external::text)) AS x (aspect, expected, found)
    WHERE x.expected IS DISTINCT FROM x.found;
$$;
