-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the recipients of a run's frozen inputs, with the status each had by audit.people_of where that is sure.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.recipients_of(p_run uuid) RETURNS TABLE (id text, units numeric, quality_ppm numeric, external numeric, window_units numeric, distinct_licensees numeric, status text, equal numeric, tenure numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id, m.units, m.quality_ppm, m.external, m.window_units, m.distinct_licensees, CASE WHEN p.sure THEN p.status ELSE m.status END, m.equal, m.tenure
    FROM pg_catalog.json_to_recordset(audit.inputs_of(p_run) -> 'recipients') AS m (id text, units numeric, quality_ppm numeric, external numeric, window_units numeric, distinct_licensees numeric,
        status text, equal numeric, tenure numeric)
    LEFT JOIN audit.people_of(p_run) AS p ON p.id = m.id;
$$;
