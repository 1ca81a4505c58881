-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: RFC 7009 for an access token whose signature the caller has verified: the grant's epoch rises, which ends all its
--          tokens at once. Unknown tokens are no error.
-- Outcomes: ok, invalid_client.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.revoke_token(p_client text, p_secret_sha256 text, p_jti uuid, p_grant uuid, p_expires bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
BEGIN
    IF NOT EXISTS (SELECT FROM licensing.client AS c JOIN licensing.client_secret AS s ON s.client_id = c.id AND s.ended_at IS NULL
                   WHERE c.id = p_client AND c.ended_at IS NULL AND s.sha256 = p_secret_sha256) THEN
        RETURN log.answer('invalid_client');
    END IF;
    SELECT g.* INTO v_row FROM licensing.data_grant AS g JOIN licensing.client AS c USING (organisation_id) WHERE g.id = p_grant AND c.id = p_client;
    IF NOT FOUND OR p_jti IS NULL THEN
        RETURN log.answer('ok', '{}');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    INSERT INTO licensing.revoked_token (jti, client_id, grant_id, expires_at)
    VALUES (p_jti, p_client, p_grant, pg_catalog.to_timestamp(p_expires)) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        UPDATE licensing.data_grant SET epoch = epoch + 1 WHERE id = p_grant RETURNING * INTO v_row;
        PERFORM pg_catalog.pg_notify('licensing_grant', p_grant::text || ':' || v_row.epoch);
    END IF;
    RETURN log.answer('ok', '{}');
END
$$;
