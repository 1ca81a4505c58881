-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: M3 for one run: of each contribution and recipient in its inputs, the units of the window beyond those M1 compares, and how many
--          licensees used them in the window, counted again from sealed usage. A month sealed within a minute before the inputs were frozen may
--          be in or not. The inputs and the usage stand in the work tables.
--          Nobody counted what lies in the work tables: so all rows are joined at once.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_windows(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH frozen AS (
        SELECT 'contribution' AS what, c.id, c.units::numeric AS units, c.window_units, c.distinct_licensees FROM audit.work_contribution AS c
        UNION ALL
        SELECT 'recipient', m.id, m.units, m.window_units, m.distinct_licensees FROM audit.work_recipient AS m),
    counted AS (
        SELECT x.what, x.id, pg_catalog.sum(u.units) FILTER (WHERE u.sure AND NOT u.own) AS low, pg_catalog.sum(u.units) FILTER (WHERE NOT u.own) AS high,
            pg_catalog.count(DISTINCT u.licensee) FILTER (WHERE u.sure) AS low_licensees, pg_catalog.count(DISTINCT u.licensee) AS high_licensees
        FROM audit.work_used AS u CROSS JOIN LATERAL (VALUES ('contribution', u.contribution), ('recipient', u.member)) AS x (what, id) GROUP BY x.what, x.id),
    judged AS (
        SELECT f.what, f.id, f.units + COALESCE(c.low, 0) AS low, f.units + COALESCE(c.high, 0) AS high, f.window_units, COALESCE(c.low_licensees, 0) AS low_licensees,
            COALESCE(c.high_licensees, 0) AS high_licensees, f.distinct_licensees
        FROM frozen AS f LEFT JOIN counted AS c ON c.what = f.what AND c.id = f.id)
    SELECT 'run', p_unit, x.aspect || ' of ' || j.what || ' ' || j.id, x.low::text || CASE WHEN x.high > x.low THEN ' to ' || x.high ELSE '' END, x.found::text,
        'eligibility rests on other figures than sealed usage gives: compare the frozen inputs with the months of the window'
    FROM judged AS j CROSS JOIN LATERAL (VALUES ('window units', j.low, j.high, j.window_units),
        ('distinct licensees', j.low_licensees, j.high_licensees, j.distinct_licensees)) AS x (aspect, low, high, found)
    WHERE NOT x.found BETWEEN x.low AND x.high;
$$;
