-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a key of an organisation with its JWK.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.organisation_key_body(p_kid text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('kid', k.kid, 'name', k.name, 'jwk', pg_catalog.jsonb_build_object('kty', 'OKP', 'crv', 'Ed25519', 'x', k.x,
        'kid', k.kid, 'alg', 'EdDSA', 'use', 'sig'), 'added_at', log.time_text(k.added_at), 'ended_at', log.time_text(k.ended_at))
    FROM licensing.organisation_key AS k WHERE k.kid = p_kid;
$$;
