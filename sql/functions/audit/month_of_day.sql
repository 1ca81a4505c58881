-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the first day of a day's month; bound as audit.month_of is.
-- Outcomes: none; NULL for NULL.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.month_of_day(p_day date) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.date_trunc('month', p_day::timestamp)::date;
