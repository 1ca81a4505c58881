-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: M1 for one run: the units of each contribution in the frozen inputs are those that were sealed for it; a recipient's are those of the
--          contributions that are the recipient's alone. The inputs and the usage stand in the work tables.
--          Nobody counted what lies in the work tables: so all rows are joined at once.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_run_usage(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH owner AS MATERIALIZED (SELECT k.*, pg_catalog.count(*) OVER (PARTITION BY k.contribution) AS owners FROM audit.work_contributor AS k),
    own AS (
        SELECT k.recipient, pg_catalog.sum(u.units) AS units, pg_catalog.max(k.owners) AS owners
        FROM owner AS k LEFT JOIN audit.work_used AS u ON u.contribution = k.contribution GROUP BY k.recipient)
    SELECT 'run', p_unit, 'units of contribution ' || COALESCE(c.id, u.contribution), COALESCE(u.units, 0)::text, COALESCE(c.units, 0)::text,
        'the run counted other usage of this contribution than is sealed: compare its frozen inputs with sealed_usage'
    FROM audit.work_contribution AS c FULL JOIN audit.work_used AS u ON u.contribution = c.id WHERE COALESCE(u.units, 0) <> COALESCE(c.units, 0) AND EXISTS (SELECT FROM audit.work_inputs)
    UNION ALL
    SELECT 'run', p_unit, 'units of recipient ' || m.id, COALESCE(o.units, 0)::text, m.units::text,
        'the run counted other usage of this recipient than is sealed: compare its frozen inputs with sealed_usage'
    FROM audit.work_recipient AS m LEFT JOIN own AS o ON o.recipient = m.id WHERE COALESCE(o.owners, 1) = 1 AND m.units <> COALESCE(o.units, 0);
$$;
