-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: log.new_id many times: so many fresh UUIDv7 of one millisecond.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.new_ids(p_count bigint) RETURNS SETOF uuid
LANGUAGE sql VOLATILE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(pg_catalog.set_byte(overlay(r.bytes PLACING t.ms FROM 1 FOR 6), 6, 112 | (pg_catalog.get_byte(r.bytes, 6) & 15)), 'hex')::uuid
    FROM (SELECT substring(pg_catalog.int8send((pg_catalog.date_part('epoch', pg_catalog.clock_timestamp())::numeric * 1000)::bigint) FROM 3) AS ms) AS t,
        LATERAL (SELECT pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) AS bytes FROM pg_catalog.generate_series(1, p_count)) AS r;
$$;
