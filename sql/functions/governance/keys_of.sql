-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the public keys that stewards posted for a reading: [{class, public_key}] in the order U, W, C, bytes in base64url.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.keys_of(p_id uuid, p_reading integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('class', k.class, 'public_key', governance.base64url(k.public_key))
               ORDER BY pg_catalog.strpos('UWC', k.class)), '[]')
    FROM governance.steward_key AS k WHERE k.proposal_id = p_id AND k.reading = p_reading;
$$;
