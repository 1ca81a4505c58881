-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what every access token of a grant says of it, and until when it lives (at most 600 seconds): p_sub is a client, or a person of the
--          organisation. Sanctions, prohibitions and attestations are asked of again here, though the clock suspends for them.
-- Outcomes: ok, grant_not_active, sanctioned, purpose_prohibited, attestation_lapsed.
-- Locks: none: a token that loses to a suspension carries the epoch before it, which is dead.
CREATE OR REPLACE FUNCTION licensing.grant_claims(p_row licensing.data_grant, p_sub text, p_client text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_at timestamptz := pg_catalog.clock_timestamp();
    v_now bigint := pg_catalog.floor(pg_catalog.date_part('epoch', v_at))::bigint;
    v_end bigint := pg_catalog.floor(pg_catalog.date_part('epoch', p_row.until_at))::bigint;
BEGIN
    IF p_row.state IS DISTINCT FROM 'active' OR p_row.from_at > v_at OR v_end < v_now + 1 THEN
        RETURN log.answer('grant_not_active');
    ELSIF licensing.sanction_on(p_row.organisation_id, p_row.pool_id, p_row.purpose) IS NOT NULL THEN
        RETURN log.refusal('sanctioned', 'a sanction on your organisation is in force');
    ELSIF licensing.prohibition_on(p_row.purpose, p_row.created_at) IS NOT NULL THEN
        RETURN log.answer('purpose_prohibited');
    ELSIF p_row.attest_days IS NOT NULL AND NOT COALESCE(licensing.attested_until(p_row.organisation_id, p_row.attest_days) > v_at, false) THEN
        RETURN log.answer('attestation_lapsed');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('aud', 'metering', 'sub', p_sub, 'client_id', p_client, 'iat', v_now,
        'jti', log.new_id(), 'org', p_row.organisation_id, 'scope', 'grant:' || p_row.id, 'grant', p_row.id, 'pool', p.ref, 'purpose', p_row.purpose,
        'actions', p_row.actions, 'modes', p_row.modes, 'rule', p_row.rule, 'tier', p_row.tier, 'terms', p_row.terms_sha256, 'epoch', p_row.epoch,
        'exp', LEAST(v_now + 600, v_end)))
        FROM licensing.pool AS p WHERE p.pool_id = p_row.pool_id);
END
$$;
