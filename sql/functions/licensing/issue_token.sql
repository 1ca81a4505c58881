-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the claims of an access token for a client that proves itself (licensing.authenticate_client): p_grant NULL asks for scope usage. A token
--          is for a grant of the client's organisation that runs now (licensing.grant_claims). Every reason for no becomes an error of RFC 6749,
--          section 5.2.
-- Outcomes: ok, invalid_client, invalid_scope, unauthorized_client.
-- Locks: none but that of licensing.authenticate_client: a token that loses to a suspension carries the epoch before it, which is dead.
CREATE OR REPLACE FUNCTION licensing.issue_token(p_client text, p_proof jsonb, p_grant uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_client licensing.client := licensing.authenticate_client(p_client, p_proof);
    v_row licensing.data_grant;
    v_answer log.answer;
    v_now bigint := pg_catalog.floor(pg_catalog.date_part('epoch', pg_catalog.clock_timestamp()))::bigint;
BEGIN
    IF v_client.id IS NULL THEN
        RETURN log.answer('invalid_client');
    END IF;
    IF p_grant IS NULL THEN
        IF NOT v_client.data_plane THEN
            RETURN log.refusal('unauthorized_client', 'scope usage is for registered data planes');
        END IF;
        RETURN log.answer('ok', pg_catalog.jsonb_build_object('aud', 'metering', 'sub', v_client.id, 'client_id', v_client.id, 'iat', v_now,
            'exp', v_now + 600, 'jti', log.new_id(), 'org', v_client.organisation_id, 'scope', 'usage'));
    END IF;
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant AND organisation_id = v_client.organisation_id;
    v_answer := licensing.grant_claims(v_row, v_client.id, v_client.id);
    RETURN CASE v_answer.outcome WHEN 'ok' THEN v_answer
        WHEN 'grant_not_active' THEN log.refusal('invalid_scope', 'no active grant of this organisation')
        WHEN 'attestation_lapsed' THEN log.refusal('invalid_scope', 'the attestation of non-commercial use has lapsed')
        ELSE log.refusal('invalid_scope', 'a sanction or prohibition is in force') END;
END
$$;
