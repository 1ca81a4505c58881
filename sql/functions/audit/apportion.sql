-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: shares the totals of audit.work_share by their weights, each grp for itself, into audit.work_result: quotients first, then one unit
--          each to the largest remainders, ties to the smaller SHA-256(run id, 00, path).
-- Outcomes: number of shares.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.apportion(p_run_id text) RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    TRUNCATE audit.work_result;
    INSERT INTO audit.work_result (grp, id, minor, weight_total, extra, remainder, tie, last)
    SELECT r.grp, r.id, r.quotient + CASE WHEN r.place <= r.extra THEN 1 ELSE 0 END, r.weight_total, r.extra, r.remainder, r.tie, r.place = r.extra
    FROM (SELECT q.*, q.total - pg_catalog.sum(q.quotient) OVER (PARTITION BY q.grp) AS extra,
                 pg_catalog.row_number() OVER (PARTITION BY q.grp ORDER BY q.remainder DESC, q.tie) AS place
          FROM (SELECT w.grp, w.id, w.total, w.weight_total, pg_catalog.div(w.total * w.weight, w.weight_total) AS quotient,
                       pg_catalog.mod(w.total * w.weight, w.weight_total) AS remainder,
                       pg_catalog.sha256(pg_catalog.convert_to(p_run_id, 'UTF8') || '\x00'::bytea || w.path) AS tie
                FROM (SELECT s.*, pg_catalog.sum(s.weight) OVER (PARTITION BY s.grp) AS weight_total FROM audit.work_share AS s) AS w
                WHERE w.weight_total > 0) AS q) AS r;
    TRUNCATE audit.work_share;
    RETURN (SELECT pg_catalog.count(*) FROM audit.work_result);
END
$$;
