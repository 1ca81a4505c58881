-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: bytes of a leaf of a seal's Merkle tree: the canonical JSON (RFC 8785) of one line of sealed usage, members contribution
--          (uuid or null), grant, meter, month (YYYY-MM), pool (ref), units.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.usage_leaf(p_pool text, p_month date, p_grant uuid, p_meter text, p_contribution uuid, p_units bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT '{"contribution":' || COALESCE('"' || p_contribution::text || '"', 'null') || ',"grant":"' || p_grant::text || '","meter":"' || p_meter
        || '","month":"' || pg_catalog.to_char(p_month, 'YYYY-MM') || '","pool":"' || p_pool || '","units":' || p_units::text || '}';
$$;
