-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: MET-Q1 for every quota: no more is taken than it allows, and what is taken is what was used and what deliveries hold. Rows and
--          bytes of batches that left or may have left are all taken (bytes since they are: taken_at); of other units (events, queries) what there was no
--          room for is excess. A batch may take from the period in which its transaction began: within a minute of the edge either is right. How many
--          requests there were is counted nowhere else: of them only the limit is judged.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_quotas(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH quota AS MATERIALIZED (
        SELECT q.*, pg_catalog.concat_ws(' ', q.grant_id, q.meter, q.period, q.starts_on) AS id, COALESCE(l.units, 0) AS leased,
            CASE WHEN q.period <> 'grant' THEN q.starts_on::timestamp AT TIME ZONE 'UTC' ELSE '-infinity' END AS begins,
            CASE q.period WHEN 'day' THEN (q.starts_on + 1)::timestamp AT TIME ZONE 'UTC' WHEN 'month' THEN (q.starts_on + interval '1 month') AT TIME ZONE 'UTC'
                ELSE 'infinity' END AS ends
        FROM metering.quota AS q LEFT JOIN (SELECT x.pool_id, x.grant_id, x.meter, x.period, x.starts_on, pg_catalog.sum(x.units) AS units FROM metering.quota_lease AS x
            GROUP BY 1, 2, 3, 4, 5) AS l USING (pool_id, grant_id, meter, period, starts_on)
        WHERE p_unit = 'quotas'),
    left_rows AS (
        SELECT q.id, pg_catalog.sum(n.units) FILTER (WHERE b.committed_at >= q.begins + interval '1 minute' AND b.committed_at < q.ends) AS least, pg_catalog.sum(n.units) AS most
        FROM quota AS q CROSS JOIN LATERAL (SELECT q.meter = 'rows') AS w (of_rows) JOIN metering.batch AS b ON b.grant_id = q.grant_id AND b.pool_id = q.pool_id AND b.committed_at >= q.begins AND b.committed_at < q.ends + interval '1 minute'
        CROSS JOIN LATERAL (SELECT CASE WHEN w.of_rows THEN b.rows ELSE b.bytes END) AS n (units)
        WHERE b.state <> 'unsent' AND (w.of_rows OR q.meter = 'bytes' AND b.taken_at IS NOT NULL) GROUP BY q.id),
    other AS (
        SELECT q.id, pg_catalog.sum(u.units) AS most FROM quota AS q JOIN (
            SELECT e.pool_id, e.grant_id, e.meter, e.units, e.occurred_at, e.received_at FROM metering.usage_event AS e
            UNION ALL SELECT x.pool_id, x.grant_id, x.meter, x.units, x.asked_at, x.asked_at FROM metering.query_usage AS x) AS u (pool_id, grant_id, meter, units, at, known_at)
            ON u.grant_id = q.grant_id AND u.pool_id = q.pool_id AND u.meter = q.meter
                AND (u.at >= q.begins AND u.at < q.ends OR u.known_at >= q.begins AND u.known_at < q.ends + interval '1 minute')
        GROUP BY q.id),
    judged AS (
        SELECT q.id, q.meter, q.most, q.taken, q.taken + q.excess - q.leased AS used, COALESCE(r.least, 0) AS least, COALESCE(r.most, 0) + COALESCE(o.most, 0) AS all_units
        FROM quota AS q LEFT JOIN left_rows AS r USING (id) LEFT JOIN other AS o USING (id))
    SELECT 'quota', j.id, x.aspect, x.expected, x.found, x.about FROM judged AS j CROSS JOIN LATERAL (VALUES
        (j.taken > j.most, 'limit', 'at most ' || j.most, j.taken::text, 'more was taken than the grant allows'),
        (j.meter <> 'requests' AND j.used NOT BETWEEN LEAST(j.least, j.most) AND j.all_units, 'used', CASE WHEN j.used < j.least THEN j.least ELSE j.all_units END::text, j.used::text,
            'what is taken and not held by a delivery is not what was used')) AS x (wrong, aspect, expected, found, about)
    WHERE x.wrong;
$$;
