-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units that were taken of one quota and not used go back: first to what was reported beyond it, then to what is left.
-- Outcomes: none.
-- Locks: the quota's row.
CREATE OR REPLACE FUNCTION metering.give_back(p_pool uuid, p_grant uuid, p_meter text, p_period text, p_start date, p_units bigint) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE metering.quota AS q SET excess = GREATEST(q.excess - p_units, 0), taken = GREATEST(q.taken - GREATEST(p_units - q.excess, 0), 0)
    WHERE q.pool_id = p_pool AND q.grant_id = p_grant AND q.meter = p_meter AND q.period = p_period AND q.starts_on = p_start AND p_units > 0;
$$;
