-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of LIC-N8: applications, and grants, by the month of their last event.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_events(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'application ' || x.month, x.month::text, CASE WHEN p_months IS NULL OR x.month = ANY (p_months) THEN audit.digest(pg_catalog.string_agg(
        pg_catalog.concat_ws(',', x.id, x.state, (SELECT pg_catalog.string_agg(e::text, ',' ORDER BY e.seq) FROM licensing.application_event AS e WHERE e.application_id = x.id)), ';' ORDER BY x.id)) END
    FROM (SELECT a.id, a.state, audit.month_of(COALESCE((SELECT pg_catalog.max(e.at) FROM licensing.application_event AS e WHERE e.application_id = a.id), a.created_at)) AS month
          FROM licensing.application AS a) AS x
    GROUP BY x.month
    UNION ALL
    SELECT 'grant ' || x.month, x.month::text, CASE WHEN p_months IS NULL OR x.month = ANY (p_months) THEN audit.digest(pg_catalog.string_agg(
        pg_catalog.concat_ws(',', x.id, x.state, x.epoch, (SELECT pg_catalog.string_agg(e::text, ',' ORDER BY e.seq) FROM licensing.grant_event AS e WHERE e.grant_id = x.id)), ';' ORDER BY x.id)) END
    FROM (SELECT g.id, g.state, g.epoch, audit.month_of(COALESCE((SELECT pg_catalog.max(e.at) FROM licensing.grant_event AS e WHERE e.grant_id = g.id), g.created_at)) AS month
          FROM licensing.data_grant AS g) AS x
    GROUP BY x.month;
$$;
