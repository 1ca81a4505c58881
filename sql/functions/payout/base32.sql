-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: Crockford base32 of a UUID: 26 digits, the big-endian number with zero bits in front.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.base32(p_id uuid) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.string_agg(pg_catalog.substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ',
        (pg_catalog.substr(b.bits, g * 5 + 1, 5)::bit(5))::integer + 1, 1), '' ORDER BY g)
    FROM (SELECT '00' || (('x' || pg_catalog.replace(p_id::text, '-', ''))::bit(128))::text AS bits) AS b, pg_catalog.generate_series(0, 25) AS g;
$$;
