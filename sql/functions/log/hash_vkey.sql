-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a key_event leaf bears: the hash of the verifier key's text.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.hash_vkey(p_vkey text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_vkey, 'UTF8')), 'hex');
$$;
