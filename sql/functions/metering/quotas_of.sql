-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the hard limits of a grant: its document's quotas as rows {meter, period, limit}.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.quotas_of(p_grant uuid) RETURNS TABLE (meter text, period text, most bigint)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT q.v ->> 'meter', q.v ->> 'period', (q.v ->> 'limit')::bigint
    FROM licensing.grant_overview AS g, pg_catalog.jsonb_array_elements(g.quotas) AS q (v)
    WHERE g.grant_id = p_grant AND pg_catalog.jsonb_typeof(g.quotas) = 'array'
    ORDER BY 1, 2, 3;
$$;
