-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the UETR of a payment: SHA-256 of its id shaped as a version-4 UUID, so that the same payment always has the same.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.payment_uetr(p_id uuid) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.encode(pg_catalog.set_byte(pg_catalog.set_byte(h.b, 6, (pg_catalog.get_byte(h.b, 6) & 15) | 64), 8, (pg_catalog.get_byte(h.b, 8) & 63) | 128), 'hex')::uuid
    FROM (SELECT pg_catalog.substr(pg_catalog.sha256(pg_catalog.uuid_send(p_id)), 1, 16) AS b) AS h;
$$;
