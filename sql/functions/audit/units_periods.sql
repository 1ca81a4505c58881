-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of L7: closed months, and months whose close was logged. A digest holds the close, what was frozen then and at the close before, and every
--          transaction and posting from there.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_periods(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH closed AS MATERIALIZED (
        SELECT p.month, p::text AS text, (SELECT pg_catalog.max(b.month) FROM payout.period AS b WHERE b.month < p.month AND b.closed_at IS NOT NULL) AS before
        FROM payout.period AS p WHERE p.closed_at IS NOT NULL OR p.state <> 'open' OR EXISTS (SELECT FROM audit.leaf_of('period', pg_catalog.to_char(p.month, 'YYYY-MM')))),
    wanted AS MATERIALIZED (SELECT * FROM closed AS c WHERE p_months IS NULL OR c.month = ANY (p_months)),
    thing AS (
        SELECT w.month, w.text FROM wanted AS w
        UNION ALL SELECT w.month, b::text FROM wanted AS w JOIN payout.period_balance AS b ON b.month IN (w.month, w.before)
        UNION ALL SELECT w.month, t::text FROM wanted AS w JOIN payout.txn AS t ON t.month <= w.month AND (w.before IS NULL OR t.month > w.before)
        UNION ALL SELECT w.month, pg_catalog.concat_ws('|', p.owner_id, p.account_id, p.txn_id, p.line, p.minor)
            FROM wanted AS w JOIN payout.posting AS p ON p.month <= w.month AND (w.before IS NULL OR p.month > w.before)),
    mark AS (
        SELECT t.month, audit.digest(pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended(t.text, 0)::numeric),
            pg_catalog.sum(pg_catalog.hashtextextended(t.text, 1)::numeric))) AS digest
        FROM thing AS t GROUP BY t.month)
    SELECT c.month::text, c.month::text, m.digest FROM closed AS c LEFT JOIN mark AS m ON m.month = c.month;
$$;
