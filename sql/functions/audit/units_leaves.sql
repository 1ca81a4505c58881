-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of MET-L1: hours in which a pool's usage was acknowledged and that are over for long enough, and seals. A digest holds the
--          things of the hour, or the seal, and the leaf. Hours before the first one that was logged are not asked for.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_leaves(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH thing AS (
        SELECT b.pool_id, b.settled_at AS at, pg_catalog.concat_ws('|', b.delivery_id, b.no, b.grant_id, b.rows, pg_catalog.encode(b.body_sha256, 'hex')) AS text
        FROM metering.batch AS b WHERE b.state = 'sent'
        UNION ALL
        SELECT e.pool_id, e.received_at, pg_catalog.concat_ws('|', e.source_no, e.event_key, e.grant_id, e.meter, e.contribution_id, e.units, e.occurred_at, pg_catalog.encode(e.content_hash, 'hex'))
        FROM metering.usage_event AS e
        UNION ALL
        SELECT q.pool_id, q.asked_at, pg_catalog.concat_ws('|', q.query_id, q.grant_id, q.meter, q.contribution_id, q.units) FROM metering.query_usage AS q),
    hour AS (
        SELECT t.pool_id, pg_catalog.date_trunc('hour', t.at, 'UTC') AS hour, pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(t.text, 0)::numeric),
            pg_catalog.sum(pg_catalog.hashtextextended(t.text, 1)::numeric)) AS text
        FROM thing AS t GROUP BY 1, 2),
    part AS (
        SELECT h.pool_id, h.hour, h.text, NULL::text AS logged FROM hour AS h WHERE h.hour >= (SELECT pg_catalog.min(u.hour) FROM metering.usage_hour AS u)
            AND h.hour < (SELECT c.at FROM metering.clock AS c WHERE c.name = 'log_hours')
        UNION ALL SELECT u.pool_id, u.hour, NULL, pg_catalog.concat(u::text, (SELECT pg_catalog.string_agg(l::text, ';' ORDER BY l::text)
            FROM audit.leaf_of('usage', u.pool || ':' || pg_catalog.to_char(pg_catalog.timezone('UTC', u.hour), 'YYYY-MM-DD"T"HH24')) AS l)) FROM metering.usage_hour AS u)
    SELECT 'hour ' || p.pool_id || ' ' || pg_catalog.to_char(pg_catalog.timezone('UTC', p.hour), 'YYYY-MM-DD"T"HH24'), audit.month_of(p.hour)::text,
        CASE WHEN p_months IS NULL OR audit.month_of(p.hour) = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws(';', pg_catalog.max(p.text), pg_catalog.max(p.logged))) END
    FROM part AS p GROUP BY p.pool_id, p.hour
    UNION ALL
    SELECT 'seal ' || s.pool_id || ' ' || pg_catalog.to_char(s.month, 'YYYY-MM'), s.month::text, CASE WHEN p_months IS NULL OR s.month = ANY (p_months) THEN audit.digest(pg_catalog.concat(s::text, (SELECT pg_catalog.string_agg(l::text, ';' ORDER BY l::text)
        FROM audit.leaf_of('usage', s.pool || ':' || pg_catalog.to_char(s.month, 'YYYY-MM')) AS l))) END
    FROM metering.seal AS s;
$$;
