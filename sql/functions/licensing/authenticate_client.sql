-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the client that proves itself (p_proof): by the SHA-256 of a live secret {"secret"}, or by an assertion whose signature and claims the
--          caller has verified with a live key {"kid", "jti_sha256", "expires"}; an assertion serves once. NULL: not authenticated.
-- Outcomes: none.
-- Locks: the assertion's row.
CREATE OR REPLACE FUNCTION licensing.authenticate_client(p_client text, p_proof jsonb) RETURNS licensing.client
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_client licensing.client;
BEGIN
    SELECT * INTO v_client FROM licensing.client AS c WHERE c.id = p_client AND c.ended_at IS NULL AND CASE WHEN p_proof ? 'secret'
        THEN EXISTS (SELECT FROM licensing.client_secret AS s WHERE s.client_id = c.id AND s.ended_at IS NULL AND s.sha256 = p_proof ->> 'secret')
        ELSE EXISTS (SELECT FROM licensing.client_key AS k WHERE k.client_id = c.id AND k.ended_at IS NULL AND k.kid = p_proof ->> 'kid') END;
    IF NOT FOUND OR p_proof ? 'secret' THEN
        RETURN v_client;
    END IF;
    INSERT INTO licensing.client_assertion (client_id, jti_sha256, expires_at)
    VALUES (p_client, pg_catalog.decode(p_proof ->> 'jti_sha256', 'hex'), pg_catalog.to_timestamp((p_proof ->> 'expires')::bigint) + interval '1 minute')
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN v_client;
END
$$;
