-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the day under which usage of p_day is counted: that day, or, where its month was closed by p_as_of, the first day of the
--          first month that was open then, with late as the month it belongs to. Who adds asks under metering.lock_usage, in a statement
--          behind it, with the database's clock: then no month closes between the answer and the commit.
-- Outcomes: none.
-- Locks: none; who adds holds metering.lock_usage.
CREATE OR REPLACE FUNCTION metering.place_usage(p_pool uuid, p_day date, p_as_of timestamptz, OUT day date, OUT late date)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    day := p_day;
    WHILE EXISTS (SELECT FROM metering.closed_month AS c WHERE c.pool_id = p_pool AND c.closed_at <= p_as_of
                      AND c.month = pg_catalog.date_trunc('month', place_usage.day::timestamp)::date) LOOP
        late := pg_catalog.date_trunc('month', p_day::timestamp)::date;
        day := (pg_catalog.date_trunc('month', day::timestamp) + interval '1 month')::date;
    END LOOP;
END
$$;
