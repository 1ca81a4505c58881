-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: R2 over all series: each number from one to the last is one invoice (credit notes have series of their own), and there is none beyond.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_numbers()
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH number AS MATERIALIZED (SELECT i.series, i.no, pg_catalog.count(*) AS times FROM payout.invoice AS i WHERE i.no IS NOT NULL GROUP BY i.series, i.no),
    series AS (SELECT s.kind || '-' || s.year AS series, s.last_no FROM payout.invoice_series AS s WHERE s.last_no > 0),
    last AS (SELECT COALESCE(n.series, s.series) AS series, s.last_no, COALESCE(n.most, 0) AS most
        FROM (SELECT m.series, pg_catalog.max(m.no) AS most FROM number AS m GROUP BY m.series) AS n FULL JOIN series AS s ON s.series = n.series),
    stop AS (SELECT n.series, n.no FROM number AS n UNION SELECT l.series, GREATEST(l.last_no, l.most) + 1 FROM last AS l),
    gap AS (SELECT s.series, s.no - 1 AS upto, COALESCE(pg_catalog.lag(s.no) OVER (PARTITION BY s.series ORDER BY s.no), 0) + 1 AS first FROM stop AS s)
    SELECT 'series', g.series, 'no ' || g.first || CASE WHEN g.upto > g.first THEN '-' || g.upto ELSE '' END, 'an invoice', 'none',
        'a number is missing: an invoice was deleted; its leaf and its transaction tell which' FROM gap AS g WHERE g.upto >= g.first
    UNION ALL
    SELECT 'series', n.series, 'no ' || n.no, '1', n.times::text, 'a number was given more than once' FROM number AS n WHERE n.times > 1
    UNION ALL
    SELECT 'series', l.series, 'last_no', l.most::text, COALESCE(l.last_no::text, 'none'), 'an invoice has a number that its series has not given yet' FROM last AS l WHERE COALESCE(l.last_no, 0) < l.most;
$$;
