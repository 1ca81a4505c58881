-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the recipients of the run at work, with the status each had by the books where that is sure.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.recipients_of() RETURNS TABLE (id text, units numeric, quality_ppm numeric, external numeric, window_units numeric, distinct_licensees numeric, status text, equal numeric, tenure numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.id, m.units, m.quality_ppm, m.external, m.window_units, m.distinct_licensees, CASE WHEN p.sure THEN p.status ELSE m.status END, m.equal, m.tenure
    FROM audit.work_recipient AS m LEFT JOIN audit.work_person AS p ON p.id = m.id;
$$;
