-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the log's leaf of an hour for each pool in which usage was acknowledged: object <pool>:<YYYY-MM-DDTHH>, body {count, hour, pool,
--          root, units}: totals alone. An hour is logged once.
-- Outcomes: none; how many leaves.
-- Locks: none but those of the rows it inserts.
CREATE OR REPLACE FUNCTION metering.log_hour(p_hour timestamptz) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET work_mem = '64MB'
AS $$
    WITH hour AS (
        SELECT l.pool_id, metering.pool_ref(l.pool_id) AS pool, pg_catalog.count(*) AS count, pg_catalog.sum(l.units)::bigint AS units,
            metering.tree_root(pg_catalog.string_agg(pg_catalog.sha256('\x00'::bytea || pg_catalog.convert_to(l.leaf, 'UTF8')), ''::bytea ORDER BY l.leaf COLLATE "C")) AS root
        FROM metering.hour_leaves(p_hour) AS l
        WHERE NOT EXISTS (SELECT FROM metering.usage_hour AS h WHERE h.pool_id = l.pool_id AND h.hour = p_hour)
        GROUP BY l.pool_id),
    body AS (
        SELECT h.*, pg_catalog.jsonb_build_object('pool', h.pool, 'hour', pg_catalog.to_char(p_hour AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24'), 'count', h.count,
            'units', h.units, 'root', h.root) AS doc FROM hour AS h),
    kept AS (
        INSERT INTO metering.usage_hour (pool_id, hour, pool, count, units, root, sha256)
        SELECT b.pool_id, p_hour, b.pool, b.count, b.units, b.root, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(b.doc), 'UTF8')), 'hex')
        FROM body AS b RETURNING pool_id, sha256)
    SELECT pg_catalog.count(log.append_leaf('usage', b.pool || ':' || (b.doc ->> 'hour'), k.sha256, b.doc))
    FROM kept AS k JOIN body AS b ON b.pool_id = k.pool_id;
$$;
