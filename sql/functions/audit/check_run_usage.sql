-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: M1 for the runs of one pool and month: the units of each contribution in the frozen inputs are those that were sealed for it, of one
--          licensee where the run shares one licensee's money; a recipient's are those of the contributions that are the recipient's alone.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_run_usage(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH run AS MATERIALIZED (
        SELECT r.id, r.licensee, d.doc FROM payout.run AS r CROSS JOIN LATERAL audit.inputs_of(r.id) AS d (doc)
        WHERE r.pool_id::text = pg_catalog.split_part(p_unit, ' ', 1) AND r.service_month::text = pg_catalog.split_part(p_unit, ' ', 2) AND r.state <> 'abandoned' AND d.doc IS NOT NULL),
    used AS MATERIALIZED (
        SELECT r.id AS run, u.contribution_id::text AS id, pg_catalog.sum(u.units) AS units
        FROM run AS r JOIN metering.sealed_usage AS u ON u.pool_id::text = pg_catalog.split_part(p_unit, ' ', 1) AND u.month::text = pg_catalog.split_part(p_unit, ' ', 2)
        WHERE u.contribution_id IS NOT NULL AND (r.licensee IS NULL OR u.grant_id IN (SELECT g.id FROM licensing.data_grant AS g WHERE g.organisation_id = r.licensee))
        GROUP BY r.id, u.contribution_id),
    contribution AS MATERIALIZED (
        SELECT r.id AS run, c.id, c.units, c.contributors FROM run AS r CROSS JOIN LATERAL pg_catalog.json_to_recordset(r.doc -> 'contributions') AS c (id text, units numeric, contributors json)),
    own AS (
        SELECT c.run, p.recipient, pg_catalog.sum(u.units) AS units, pg_catalog.max(pg_catalog.json_array_length(c.contributors)) AS owners
        FROM contribution AS c CROSS JOIN LATERAL pg_catalog.json_to_recordset(c.contributors) AS p (recipient text) LEFT JOIN used AS u ON u.run = c.run AND u.id = c.id
        GROUP BY c.run, p.recipient)
    SELECT 'run', COALESCE(c.run, u.run)::text, 'units of contribution ' || COALESCE(c.id, u.id), COALESCE(u.units, 0)::text, COALESCE(c.units, 0)::text,
        'the run counted other usage of this contribution than is sealed: compare its frozen inputs with sealed_usage'
    FROM contribution AS c FULL JOIN used AS u ON u.run = c.run AND u.id = c.id WHERE COALESCE(u.units, 0) <> COALESCE(c.units, 0)
    UNION ALL
    SELECT 'run', r.id::text, 'units of recipient ' || m.id, COALESCE(o.units, 0)::text, m.units::text,
        'the run counted other usage of this recipient than is sealed: compare its frozen inputs with sealed_usage'
    FROM run AS r CROSS JOIN LATERAL pg_catalog.json_to_recordset(r.doc -> 'recipients') AS m (id text, units numeric) LEFT JOIN own AS o ON o.run = r.id AND o.recipient = m.id
    WHERE COALESCE(o.owners, 1) = 1 AND m.units <> COALESCE(o.units, 0);
$$;
