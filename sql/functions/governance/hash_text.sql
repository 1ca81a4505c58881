-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: SHA-256 of a text in UTF-8, lower-case hex.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.hash_text(p_text text) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_text, 'UTF8')), 'hex');
$$;
