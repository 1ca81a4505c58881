-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what payout expects for this month of a grant: class, units and amount of each line; which class the next row falls in
--          is the last one with units.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.charge_class(p_grant uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('class', e.class, 'units', e.units, 'amount_minor', e.amount_minor) ORDER BY e.class), '[]')
    FROM payout.expected_charge AS e
    WHERE e.grant_id = p_grant AND e.month = pg_catalog.date_trunc('month', pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date;
$$;
