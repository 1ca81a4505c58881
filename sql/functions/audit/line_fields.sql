-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: fields of a line in an invoice's document that are columns of the same name.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.line_fields() RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY['text', 'charge', 'class', 'units', 'net', 'vat_category', 'vat_ppm', 'vat', 'usage_sha256', 'credited_line'];
$$;
