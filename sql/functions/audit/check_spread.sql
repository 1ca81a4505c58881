-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: MET-U2 for one pool and month: of each grant and meter with units that named no contribution, what was sealed line by line is what was
--          named and the contribution's share of the rest. Share: the units times its rows over all rows; whole parts, then one unit each in the
--          order of what was cut off, of equals by id. Contributions: accepted before the month was closed, not ended before it began.
--          Where the sum is another, M1 says so.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_spread(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH seal AS (
        SELECT c.pool_id, c.month, c.closed_at FROM metering.closed_month AS c JOIN metering.seal AS s USING (pool_id, month)
        WHERE c.pool_id::text = pg_catalog.split_part(p_unit, ' ', 1) AND c.month::text = pg_catalog.split_part(p_unit, ' ', 2)),
    line AS MATERIALIZED (
        SELECT u.grant_id, u.meter, u.contribution_id, pg_catalog.sum(u.units) AS units FROM seal AS s JOIN metering.usage_day AS u ON u.pool_id = s.pool_id
            AND audit.month_of(u.day::timestamp AT TIME ZONE 'UTC') = s.month GROUP BY 1, 2, 3),
    pot AS (SELECT l.grant_id, l.meter, l.units FROM line AS l WHERE l.contribution_id IS NULL),
    member AS MATERIALIZED (
        SELECT c.id, c.rows FROM seal AS s JOIN licensing.contribution AS c ON c.pool_id = s.pool_id
        WHERE c.rows > 0 AND c.state <> 'rejected' AND c.decided_at < s.closed_at AND audit.month_of(c.decided_at) <= s.month
            AND (c.ended_at IS NULL OR c.ended_at > s.month::timestamp AT TIME ZONE 'UTC')),
    whole AS (SELECT pg_catalog.sum(m.rows) AS rows FROM member AS m),
    part AS (
        SELECT p.grant_id, p.meter, m.id, p.units, pg_catalog.floor(pg_catalog.div(p.units * m.rows, w.rows)) AS units_whole, (p.units * m.rows) % w.rows AS cut
        FROM pot AS p CROSS JOIN member AS m CROSS JOIN whole AS w),
    ranked AS (
        SELECT p.*, pg_catalog.rank() OVER (PARTITION BY p.grant_id, p.meter ORDER BY p.cut DESC, p.id) AS turn FROM part AS p),
    missing AS (SELECT p.grant_id, p.meter, p.units - pg_catalog.sum(p.units_whole) AS units FROM part AS p GROUP BY p.grant_id, p.meter, p.units),
    due AS (
        SELECT r.grant_id, r.meter, r.id, r.units_whole + (r.turn <= m.units)::integer AS units FROM ranked AS r JOIN missing AS m USING (grant_id, meter)
        UNION ALL SELECT l.grant_id, l.meter, l.contribution_id, l.units FROM line AS l JOIN pot AS p USING (grant_id, meter)
        WHERE l.contribution_id IS NOT NULL OR NOT EXISTS (SELECT FROM member)),
    side AS (
        SELECT d.grant_id, d.meter, d.id, d.units AS due, 0 AS sealed FROM due AS d
        UNION ALL SELECT u.grant_id, u.meter, u.contribution_id, 0, u.units FROM seal AS s JOIN metering.sealed_usage AS u USING (pool_id, month) JOIN pot AS p USING (grant_id, meter)),
    compared AS (
        SELECT d.grant_id, d.meter, d.id, pg_catalog.sum(d.due) AS due, pg_catalog.sum(d.sealed) AS sealed,
            pg_catalog.sum(pg_catalog.sum(d.due)) OVER w = pg_catalog.sum(pg_catalog.sum(d.sealed)) OVER w AS whole
        FROM side AS d GROUP BY d.grant_id, d.meter, d.id WINDOW w AS (PARTITION BY d.grant_id, d.meter))
    SELECT 'usage', pg_catalog.concat_ws(' ', s.pool_id, pg_catalog.to_char(s.month, 'YYYY-MM'), c.grant_id, c.meter, c.id), 'share', c.due::text, c.sealed::text,
        'units that named no contribution were not shared by the rows of those that were there'
    FROM seal AS s CROSS JOIN compared AS c WHERE c.whole AND c.due <> c.sealed;
$$;
