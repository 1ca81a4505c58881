-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what was sealed of a grant in a pool's month, by meter.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.sealed_units(p_pool uuid, p_month date, p_grant uuid) RETURNS TABLE (meter text, units numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT u.meter, pg_catalog.sum(u.units) FROM metering.sealed_usage AS u WHERE u.pool_id = p_pool AND u.month = p_month AND u.grant_id = p_grant GROUP BY u.meter;
$$;
