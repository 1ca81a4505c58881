-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: bytes in base64url without padding (RFC 4648, section 5).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.base64url(p_bytes bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.rtrim(pg_catalog.translate(pg_catalog.encode(p_bytes, 'base64'), E'+/\n', '-_'), '=');
END
$$;
