-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a fresh UUIDv7 (RFC 9562): 48 bits of milliseconds by the database's clock, then random bits. PL/pgSQL, because its plan
--          then lives as long as the session.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.new_id() RETURNS uuid
LANGUAGE plpgsql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN pg_catalog.encode(
        pg_catalog.set_byte(
            overlay(pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
                PLACING substring(pg_catalog.int8send(
                    (pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())::numeric * 1000)::bigint) FROM 3)
                FROM 1 FOR 6),
            6,
            112 | (pg_catalog.get_byte(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()), 6) & 15)),
        'hex')::uuid;
END
$$;
