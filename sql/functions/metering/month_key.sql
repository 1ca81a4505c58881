-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: smallest identifier whose 48 time bits lie in a month or later: bound of partitions by UUIDv7.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.month_key(p_month date) RETURNS uuid
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (pg_catalog.lpad(pg_catalog.to_hex((EXTRACT(EPOCH FROM p_month::timestamp) * 1000)::bigint), 12, '0') || pg_catalog.repeat('0', 20))::uuid;
$$;
