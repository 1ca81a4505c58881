-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: minor units as a decimal with exactly p_digits places.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.export_amount(p_minor numeric, p_digits integer) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.round(p_minor / pg_catalog.power(10::numeric, p_digits), p_digits)::text;
$$;
