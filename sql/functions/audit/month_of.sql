-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the month, in UTC, that a row counts for. Of millions of rows: so the expression is bound when the function is made and becomes part of the
--          statement that calls it, which one with a setting of its own cannot.
-- Outcomes: none; NULL for NULL.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.month_of(p_at timestamptz) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN pg_catalog.date_trunc('month', pg_catalog.timezone('UTC', p_at))::date;
