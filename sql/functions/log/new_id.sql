-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a fresh UUIDv7 (RFC 9562): 48 bits of milliseconds by the database's clock, then random bits. PL/pgSQL, because its plan
--          then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.new_id() RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_ms text := pg_catalog.lpad(pg_catalog.to_hex((pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()) * 1000)::bigint), 12, '0');
BEGIN
    RETURN overlay(pg_catalog.gen_random_uuid()::text PLACING pg_catalog.left(v_ms, 8) || '-' || pg_catalog.right(v_ms, 4) || '-7' FROM 1 FOR 15)::uuid;
END
$$;
