-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: M3 for one run: of each contribution and recipient in its inputs, the units of the window beyond those M1 compares, and how many
--          licensees used them in the window, counted again from sealed usage. A month sealed within a minute before the inputs were frozen may
--          be in or not. And nobody licensed the own contribution: neither the member nor the organisation that is the member is the licensee of
--          usage that counts in the run.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_windows(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH used AS MATERIALIZED (SELECT w.* FROM audit.window_of(p_unit::uuid) AS w WHERE audit.rule_of(p_unit::uuid) IS NOT NULL),
    doc AS MATERIALIZED (SELECT audit.inputs_of(p_unit::uuid) AS doc),
    frozen AS MATERIALIZED (
        SELECT 'contribution' AS what, c.* FROM doc AS d CROSS JOIN LATERAL pg_catalog.json_to_recordset(d.doc -> 'contributions') AS c (id text, units numeric, window_units numeric, distinct_licensees bigint)
        UNION ALL
        SELECT 'recipient', m.* FROM doc AS d CROSS JOIN LATERAL pg_catalog.json_to_recordset(d.doc -> 'recipients') AS m (id text, units numeric, window_units numeric, distinct_licensees bigint)),
    counted AS (
        SELECT x.what, x.id, pg_catalog.sum(u.units) FILTER (WHERE u.sure AND NOT u.own) AS low, pg_catalog.sum(u.units) FILTER (WHERE NOT u.own) AS high,
            pg_catalog.count(DISTINCT u.licensee) FILTER (WHERE u.sure) AS low_licensees, pg_catalog.count(DISTINCT u.licensee) AS high_licensees
        FROM used AS u CROSS JOIN LATERAL (VALUES ('contribution', u.contribution), ('recipient', u.member)) AS x (what, id) GROUP BY x.what, x.id),
    judged AS (
        SELECT f.what, f.id, f.units + COALESCE(c.low, 0) AS low, f.units + COALESCE(c.high, 0) AS high, f.window_units, COALESCE(c.low_licensees, 0) AS low_licensees,
            COALESCE(c.high_licensees, 0) AS high_licensees, f.distinct_licensees
        FROM frozen AS f LEFT JOIN counted AS c ON c.what = f.what AND c.id = f.id),
    self AS (
        SELECT DISTINCT u.contribution, u.licensee FROM used AS u JOIN licensing.person_of_organisation AS p ON p.organisation_id = u.licensee AND p.person_id::text = u.member WHERE u.own
        UNION
        SELECT u.contribution, u.licensee FROM used AS u JOIN governance.member AS m ON m.member_id::text = u.member AND m.observer
            JOIN governance.affiliation AS a ON a.member_id = m.member_id AND a.organisation_id = u.licensee WHERE u.own)
    SELECT 'run', p_unit, x.aspect || ' of ' || j.what || ' ' || j.id, x.low::text || CASE WHEN x.high > x.low THEN ' to ' || x.high ELSE '' END, x.found::text,
        'eligibility rests on other figures than sealed usage gives: compare the frozen inputs with the months of the window'
    FROM judged AS j CROSS JOIN LATERAL (VALUES ('window units', j.low, j.high, j.window_units),
        ('distinct licensees', j.low_licensees, j.high_licensees, j.distinct_licensees)) AS x (aspect, low, high, found)
    WHERE NOT x.found BETWEEN x.low AND x.high
    UNION ALL
    SELECT 'run', p_unit, 'licensee of contribution ' || s.contribution, 'somebody else', s.licensee::text, 'a member paid for the use of the own contribution and shares in that money'
    FROM self AS s;
$$;
