-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: MET-D1 for one day: the batches of each delivery opened on it are numbered from one without a gap, go on in the pool's rows, are of its
--          grant, and count to their rows; no batch behind one that was not sent was; rows and bytes that the delivery says it gave are those of its first batches, at
--          least of all that were sent, and of every batch where it is complete.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_deliveries(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH delivery AS MATERIALIZED (
        SELECT d.* FROM metering.delivery AS d
        WHERE d.opened_at >= p_unit::timestamp AT TIME ZONE 'UTC' AND d.opened_at < (p_unit::timestamp + interval '1 day') AT TIME ZONE 'UTC'),
    batch AS MATERIALIZED (
        SELECT b.delivery_id, b.no, b.grant_id, b.first_row, b.last_row, b.rows, b.repeated, b.bytes, b.state, d.grant_id AS owner, pg_catalog.row_number() OVER w AS place,
            pg_catalog.lag(b.last_row) OVER w AS before, (SELECT COALESCE(pg_catalog.sum(c.n), 0) FROM pg_catalog.unnest(b.counts) AS c (n)) AS counted,
            pg_catalog.sum(b.rows + b.repeated) OVER w AS rows_to, pg_catalog.sum(b.bytes) OVER w AS bytes_to,
            pg_catalog.bool_or(b.state = 'unsent') OVER w AND b.state = 'sent' AS behind
        FROM delivery AS d JOIN metering.batch AS b ON b.pool_id = d.pool_id AND b.delivery_id = d.id WINDOW w AS (PARTITION BY b.delivery_id ORDER BY b.no)),
    given AS (
        SELECT d.id, d.rows, d.bytes, COALESCE(pg_catalog.max(b.rows_to), 0) AS all_rows, COALESCE(pg_catalog.max(b.bytes_to), 0) AS all_bytes,
            COALESCE(pg_catalog.max(b.rows_to) FILTER (WHERE b.state = 'sent'), 0) AS sent_rows, COALESCE(pg_catalog.max(b.bytes_to) FILTER (WHERE b.state = 'sent'), 0) AS sent_bytes, d.state
        FROM delivery AS d LEFT JOIN batch AS b ON b.delivery_id = d.id WHERE d.body_sha256 IS NOT NULL GROUP BY d.id, d.rows, d.bytes, d.state)
    SELECT 'batch', b.delivery_id || '/' || b.no, x.aspect, x.expected, x.found, x.about
    FROM batch AS b CROSS JOIN LATERAL (VALUES
        ('number', b.place::text, b.no::text, 'a batch of the delivery is missing'),
        ('rows', 'behind row ' || b.before, CASE WHEN b.first_row <= b.before THEN 'from row ' || b.first_row ELSE 'behind row ' || b.before END, 'rows of the batch were in the one before it'),
        ('grant', b.owner::text, b.grant_id::text, 'the batch is booked on another grant than its delivery'),
        ('counts', b.rows::text, b.counted::text, 'the rows of the batch are not those of its contributions'),
        ('state', 'not sent', CASE WHEN b.behind THEN 'sent' ELSE 'not sent' END, 'a batch before this one did not arrive, and this one did')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found
    UNION ALL
    SELECT 'delivery', g.id::text, x.aspect, x.expected::text, x.found::text, 'what the delivery says it gave is not what its batches hold'
    FROM given AS g CROSS JOIN LATERAL (VALUES
        ('rows', CASE WHEN g.state = 'complete' THEN g.all_rows ELSE g.sent_rows END, g.rows, CASE WHEN g.state = 'complete' THEN g.rows = g.all_rows
            ELSE g.rows BETWEEN g.sent_rows AND g.all_rows END),
        ('bytes', CASE WHEN g.state = 'complete' THEN g.all_bytes ELSE g.sent_bytes END, g.bytes, CASE WHEN g.state = 'complete' THEN g.bytes = g.all_bytes
            ELSE g.bytes BETWEEN g.sent_bytes AND g.all_bytes END)) AS x (aspect, expected, found, fits)
    WHERE NOT x.fits;
$$;
