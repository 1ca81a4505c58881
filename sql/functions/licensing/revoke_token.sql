-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: RFC 7009 for an access token whose signature the caller has verified: the grant's epoch rises, with an event, which ends all its tokens
--          at once. Unknown tokens and those of others are no error.
-- Outcomes: ok, invalid_client, unsupported_token_type (scope usage: no epoch stands behind such a token, it ends by itself).
-- Locks: that of licensing.authenticate_client; advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.revoke_token(p_client text, p_proof jsonb, p_jti uuid, p_grant uuid, p_expires bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_client licensing.client := licensing.authenticate_client(p_client, p_proof);
    v_row licensing.data_grant;
BEGIN
    IF v_client.id IS NULL THEN
        RETURN log.answer('invalid_client');
    ELSIF p_jti IS NOT NULL AND p_grant IS NULL THEN
        RETURN log.refusal('unsupported_token_type', 'tokens of scope usage are not revoked: they end within ten minutes');
    END IF;
    SELECT * INTO v_row FROM licensing.data_grant AS g WHERE g.id = p_grant AND g.organisation_id = v_client.organisation_id;
    IF NOT FOUND OR p_jti IS NULL THEN
        RETURN log.answer('ok', '{}');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    SELECT * INTO v_row FROM licensing.data_grant AS g WHERE g.id = p_grant FOR UPDATE;
    INSERT INTO licensing.revoked_token (jti, client_id, grant_id, expires_at)
    VALUES (p_jti, p_client, p_grant, pg_catalog.to_timestamp(p_expires)) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        INSERT INTO licensing.grant_event (grant_id, seq, command, role, from_state, to_state, epoch)
        VALUES (p_grant, 1 + (SELECT pg_catalog.max(e.seq) FROM licensing.grant_event AS e WHERE e.grant_id = p_grant), 'revoke_token', 'A',
            v_row.state, v_row.state, v_row.epoch + 1);
        UPDATE licensing.data_grant SET epoch = epoch + 1 WHERE id = p_grant;
        PERFORM pg_catalog.pg_notify('licensing_grant', p_grant::text || ':' || (v_row.epoch + 1));
    END IF;
    RETURN log.answer('ok', '{}');
END
$$;
