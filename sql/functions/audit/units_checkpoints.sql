-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of T4: the checkpoints of a month with the keys of its time and the lines of witnesses, and the history of the keys.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_checkpoints(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH keys AS (SELECT COALESCE(pg_catalog.string_agg(k::text, ';' ORDER BY k.vkey), '') AS text FROM log.key AS k)
    SELECT 'checkpoints ' || m.month, m.month::text, CASE WHEN p_months IS NULL OR m.month = ANY (p_months) THEN (
        SELECT audit.digest(pg_catalog.string_agg(pg_catalog.concat_ws('|', c.size, pg_catalog.encode(c.root, 'hex'), c.text, c.at, s.lines), ';' ORDER BY c.size) || k.text)
        FROM log.checkpoint AS c CROSS JOIN LATERAL (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', w.vkey, w.time, w.line), ';' ORDER BY w.vkey)
            FROM log.cosignature AS w WHERE w.size = c.size AND w.root = c.root) AS s (lines)
        WHERE audit.month_of(c.at) = m.month) END
    FROM (SELECT DISTINCT audit.month_of(c.at) AS month FROM log.checkpoint AS c) AS m CROSS JOIN keys AS k
    UNION ALL
    SELECT 'keys', '0001-01-01', audit.digest(k.text) FROM keys AS k;
$$;
