-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first day of the first month behind the one of p_at that was open in a pool at p_known: the first gap in the closings.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.opens_after(p_pool uuid, p_at timestamptz, p_known timestamptz) RETURNS date
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH closed AS (SELECT c.month FROM metering.closed_month AS c WHERE c.pool_id = p_pool AND c.closed_at <= p_known)
    SELECT pg_catalog.min(c.month + interval '1 month')::date FROM closed AS c
    WHERE c.month >= audit.month_of(p_at) AND (c.month + interval '1 month')::date NOT IN (SELECT x.month FROM closed AS x);
$$;
