-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a request for rows is decided on: the grant as licensing says it stands, its key (made now when there is none; the
--          caller brings a fresh one, wrapped). What passes here is one request of the grant's quota of requests. p_epoch is the token's: a token of
--          an older epoch is dead.
-- Outcomes: ok, not_found, token_refused, forbidden, quota_reached, and those of licensing.check_grant.
-- Locks: those of metering.take_quota, the key's row.
CREATE OR REPLACE FUNCTION metering.load_delivery(p_grant uuid, p_pool text, p_epoch bigint, p_columns text[], p_wrapped bytea) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer;
    v_taken log.answer;
BEGIN
    v_answer := licensing.check_grant(p_grant, 'read', p_columns, 'download');
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    ELSIF v_answer.body ->> 'pool' <> p_pool THEN
        RETURN log.refusal('forbidden', 'the grant is not for this pool');
    ELSIF (v_answer.body ->> 'epoch')::bigint IS DISTINCT FROM p_epoch THEN
        RETURN log.refusal('token_refused', 'the grant has changed since this token was issued');
    END IF;
    -- what deliveries under way have leased may come back: the first batch sees to it
    v_taken := metering.quota_refusal(p_grant, ARRAY['bytes', 'rows'], 1);
    IF v_taken.outcome <> 'ok' AND (v_taken.body #>> '{quota,left}')::bigint = 0 THEN
        RETURN v_taken;
    END IF;
    v_taken := metering.take_quota((v_answer.body ->> 'pool_id')::uuid, p_grant, 'requests', 1);
    IF v_taken.outcome <> 'ok' THEN
        RETURN v_taken;
    END IF;
    INSERT INTO metering.grant_key (grant_id, wrapped) VALUES (p_grant, p_wrapped) ON CONFLICT DO NOTHING;
    RETURN log.answer('ok', v_answer.body || pg_catalog.jsonb_build_object(
        'not_after_us', (EXTRACT(EPOCH FROM (v_answer.body ->> 'not_after')::timestamptz) * 1000000)::bigint,
        'wrapped', (SELECT pg_catalog.encode(k.wrapped, 'hex') FROM metering.grant_key AS k WHERE k.grant_id = p_grant)));
END
$$;
