-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: MET-L1 for one hour or seal: the log has one leaf of it, with the figures that are stored and their hash. The figures of an hour
--          are counted again from what was acknowledged; its root is made again in C from audit.hour_lines, the seal's by M1.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_leaf(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH asked AS (SELECT pg_catalog.split_part(p_unit, ' ', 1) AS kind, pg_catalog.split_part(p_unit, ' ', 2) AS pool_id, pg_catalog.split_part(p_unit, ' ', 3) AS at),
    stored AS (
        SELECT s.pool || ':' || a.at AS object, s.sha256, pg_catalog.jsonb_build_object('pool', s.pool, 'month', a.at, 'count', s.lines, 'units', s.units, 'late', s.late, 'root', s.root) AS body,
            pg_catalog.jsonb_build_object('sealed_at', log.time_text(s.sealed_at)) AS more
        FROM asked AS a JOIN metering.seal AS s ON s.pool_id::text = a.pool_id AND pg_catalog.to_char(s.month, 'YYYY-MM') = a.at WHERE a.kind = 'seal'
        UNION ALL
        SELECT h.pool || ':' || a.at, h.sha256, pg_catalog.jsonb_build_object('pool', h.pool, 'hour', a.at, 'count', h.count, 'units', h.units, 'root', h.root), '{}'
        FROM asked AS a JOIN metering.usage_hour AS h ON h.pool_id::text = a.pool_id AND pg_catalog.to_char(pg_catalog.timezone('UTC', h.hour), 'YYYY-MM-DD"T"HH24') = a.at WHERE a.kind = 'hour'),
    told AS (SELECT s.object, pg_catalog.count(l.sha256) AS leaves, pg_catalog.min(l.sha256) AS sha256, pg_catalog.min(log.canonical(l.body)) AS body
        FROM stored AS s LEFT JOIN LATERAL audit.leaf_of('usage', s.object) AS l ON true GROUP BY s.object),
    counted AS (SELECT pg_catalog.count(*) AS count, COALESCE(pg_catalog.sum(l.units), 0) AS units FROM asked AS a CROSS JOIN LATERAL audit.hour_lines(a.pool_id, a.at) AS l WHERE a.kind = 'hour')
    SELECT a.kind, a.pool_id || ' ' || a.at, x.aspect, x.expected, x.found, x.about
    FROM asked AS a LEFT JOIN stored AS s ON true LEFT JOIN told AS t ON true CROSS JOIN counted AS c CROSS JOIN LATERAL (VALUES
        ('hour', CASE WHEN a.kind = 'hour' AND c.count > 0 THEN 'logged' ELSE 'as it is' END, CASE WHEN s.object IS NULL AND c.count > 0 THEN 'not logged'
            WHEN a.kind = 'hour' AND c.count > 0 THEN 'logged' ELSE 'as it is' END, 'usage of this hour was never told to the log'),
        ('leaves', '1', t.leaves::text, 'the log was not told of it once'),
        ('hash', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(s.body || s.more), 'UTF8')), 'hex'), s.sha256, 'its hash is not that of its figures: they were changed'),
        ('leaf''s hash', s.sha256, CASE WHEN t.leaves > 0 THEN t.sha256 END, 'the log was told of other figures'),
        ('leaf', log.canonical(s.body), CASE WHEN t.leaves > 0 THEN t.body END, 'the log was told of other figures'),
        ('count', CASE WHEN a.kind = 'hour' THEN c.count::text END, s.body ->> 'count', 'what was acknowledged in the hour is not what the log was told: something came or went later'),
        ('units', CASE WHEN a.kind = 'hour' THEN c.units::text END, s.body ->> 'units', 'what was acknowledged in the hour is not what the log was told: something came or went later')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found;
$$;
