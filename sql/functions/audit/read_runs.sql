-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the rows of a batch from its runs: three unsigned LEB128 numbers a run, rows skipped, rows less one, number of the contribution.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.read_runs(p_runs bytea) RETURNS TABLE (first_row bigint, last_row bigint, contribution_no bigint)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH byte AS (
        SELECT i, pg_catalog.get_byte(p_runs, i) AS b FROM pg_catalog.generate_series(0, pg_catalog.octet_length(p_runs) - 1) AS i),
    part AS (
        SELECT i, b, pg_catalog.count(*) FILTER (WHERE b < 128) OVER (ORDER BY i) - (b < 128)::integer AS number FROM byte),
    number AS (
        SELECT p.number, pg_catalog.sum((p.b & 127)::bigint << (7 * p.place)::integer)::bigint AS value
        FROM (SELECT q.*, q.i - pg_catalog.min(q.i) OVER (PARTITION BY q.number) AS place FROM part AS q) AS p GROUP BY p.number),
    run AS (
        SELECT n.number / 3 AS no, pg_catalog.sum(n.value) FILTER (WHERE n.number % 3 = 0) AS skipped, pg_catalog.sum(n.value) FILTER (WHERE n.number % 3 = 1) AS more,
            pg_catalog.sum(n.value) FILTER (WHERE n.number % 3 = 2) AS contribution
        FROM number AS n GROUP BY n.number / 3),
    ended AS (SELECT r.*, pg_catalog.sum(r.skipped + r.more + 1) OVER (ORDER BY r.no) - 1 AS last FROM run AS r)
    SELECT (e.last - e.more)::bigint, e.last::bigint, e.contribution::bigint FROM ended AS e;
$$;
