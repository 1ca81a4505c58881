-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the claims of an access token for a client that proves itself (licensing.authenticate_client): p_grant NULL asks for scope usage. A token
--          is for a grant of the client's organisation that runs now; sanctions, prohibitions and attestations are asked of again here,
--          though the clock suspends for them. Every reason for no becomes an error of RFC 6749, section 5.2.
-- Outcomes: ok, invalid_client, invalid_scope, unauthorized_client.
-- Locks: none but that of licensing.authenticate_client: a token that loses to a suspension carries the epoch before it, which is dead.
CREATE OR REPLACE FUNCTION licensing.issue_token(p_client text, p_proof jsonb, p_grant uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_client licensing.client := licensing.authenticate_client(p_client, p_proof);
    v_row licensing.data_grant;
    v_at timestamptz := pg_catalog.clock_timestamp();
    v_now bigint := pg_catalog.floor(pg_catalog.date_part('epoch', v_at))::bigint;
    v_claims jsonb;
BEGIN
    IF v_client.id IS NULL THEN
        RETURN log.answer('invalid_client');
    END IF;
    v_claims := pg_catalog.jsonb_build_object('aud', 'metering', 'sub', v_client.id, 'client_id', v_client.id, 'iat', v_now,
        'exp', v_now + 600, 'jti', log.new_id(), 'org', v_client.organisation_id);
    IF p_grant IS NULL THEN
        IF NOT v_client.data_plane THEN
            RETURN log.refusal('unauthorized_client', 'scope usage is for registered data planes');
        END IF;
        RETURN log.answer('ok', v_claims || '{"scope":"usage"}');
    END IF;
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant AND organisation_id = v_client.organisation_id;
    IF NOT FOUND OR v_row.state <> 'active' OR v_row.from_at > v_at OR pg_catalog.date_part('epoch', v_row.until_at) < v_now + 1 THEN
        RETURN log.refusal('invalid_scope', 'no active grant of this organisation');
    ELSIF licensing.sanction_on(v_row.organisation_id, v_row.pool_id, v_row.purpose) IS NOT NULL
        OR licensing.prohibition_on(v_row.purpose, v_row.created_at) IS NOT NULL THEN
        RETURN log.refusal('invalid_scope', 'a sanction or prohibition is in force');
    ELSIF v_row.attest_days IS NOT NULL AND NOT COALESCE(licensing.attested_until(v_row.organisation_id, v_row.attest_days) > v_at, false) THEN
        RETURN log.refusal('invalid_scope', 'the attestation of non-commercial use has lapsed');
    END IF;
    RETURN (SELECT log.answer('ok', v_claims || pg_catalog.jsonb_build_object('scope', 'grant:' || v_row.id, 'grant', v_row.id, 'pool', p.ref,
        'purpose', v_row.purpose, 'actions', v_row.actions, 'modes', v_row.modes, 'rule', v_row.rule, 'tier', v_row.tier,
        'terms', v_row.terms_sha256, 'epoch', v_row.epoch,
        'exp', LEAST(v_now + 600, pg_catalog.floor(pg_catalog.date_part('epoch', v_row.until_at))::bigint)))
        FROM licensing.pool AS p WHERE p.pool_id = v_row.pool_id);
END
$$;
