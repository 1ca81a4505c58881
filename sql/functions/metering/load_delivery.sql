-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a request for rows is decided on: the grant as licensing says it stands, its key (made now when there is none; the
--          caller brings a fresh one, wrapped), its quotas. p_epoch is the token's: a token of an older epoch is dead.
-- Outcomes: ok, not_found, token_refused, forbidden, quota_reached, and those of licensing.check_grant.
-- Locks: none but the key's row.
CREATE OR REPLACE FUNCTION metering.load_delivery(p_grant uuid, p_pool text, p_epoch bigint, p_columns text[], p_wrapped bytea) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer;
    v_quotas jsonb;
    v_full jsonb;
BEGIN
    v_answer := licensing.check_grant(p_grant, 'read', p_columns, 'download');
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    ELSIF v_answer.body ->> 'pool' <> p_pool THEN
        RETURN log.refusal('forbidden', 'the grant is not for this pool');
    ELSIF (v_answer.body ->> 'epoch')::bigint IS DISTINCT FROM p_epoch THEN
        RETURN log.refusal('token_refused', 'the grant has changed since this token was issued');
    END IF;
    v_quotas := metering.quota_state(p_grant);
    SELECT q.v INTO v_full FROM pg_catalog.jsonb_array_elements(v_quotas) AS q (v)
    WHERE q.v ->> 'meter' = 'rows' AND (q.v ->> 'left')::bigint <= 0 ORDER BY q.v ->> 'reset_at' DESC NULLS FIRST LIMIT 1;
    IF FOUND THEN
        RETURN log.answer('quota_reached', pg_catalog.jsonb_build_object('detail', 'the ' || (v_full ->> 'period') || '''s rows are used up',
            'quota', v_full, 'retry_after', CASE WHEN v_full ->> 'reset_at' IS NOT NULL THEN
                pg_catalog.ceil(EXTRACT(EPOCH FROM (v_full ->> 'reset_at')::timestamptz - pg_catalog.clock_timestamp()))::bigint END));
    END IF;
    INSERT INTO metering.grant_key (grant_id, wrapped) VALUES (p_grant, p_wrapped) ON CONFLICT DO NOTHING;
    RETURN log.answer('ok', v_answer.body || pg_catalog.jsonb_build_object('quotas', v_quotas,
        'not_after_us', (EXTRACT(EPOCH FROM (v_answer.body ->> 'not_after')::timestamptz) * 1000000)::bigint,
        'wrapped', (SELECT pg_catalog.encode(k.wrapped, 'hex') FROM metering.grant_key AS k WHERE k.grant_id = p_grant)));
END
$$;
