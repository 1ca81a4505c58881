-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a request for aggregates is decided on: the grant as licensing says it stands, its quotas. p_epoch is the token's: a token of an
--          older epoch is dead. p_first: not asked before for the same request, which counts.
-- Outcomes: ok, forbidden, token_refused, quota_reached, and those of licensing.check_grant.
-- Locks: those of metering.take_quota.
CREATE OR REPLACE FUNCTION metering.load_query(p_grant uuid, p_pool text, p_epoch bigint, p_columns text[], p_first boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer;
    v_taken log.answer;
BEGIN
    v_answer := licensing.check_grant(p_grant, 'aggregate', p_columns, 'query');
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    ELSIF v_answer.body ->> 'pool' <> p_pool THEN
        RETURN log.refusal('forbidden', 'the grant is not for this pool');
    ELSIF (v_answer.body ->> 'epoch')::bigint IS DISTINCT FROM p_epoch THEN
        RETURN log.refusal('token_refused', 'the grant has changed since this token was issued');
    END IF;
    -- what deliveries under way have leased may come back: metering.store_query sees to it
    v_taken := metering.quota_refusal(p_grant, ARRAY['queries', 'rows'], 1);
    IF v_taken.outcome <> 'ok' AND (v_taken.body #>> '{quota,left}')::bigint = 0 THEN
        RETURN v_taken;
    END IF;
    IF p_first THEN
        v_taken := metering.take_quota((v_answer.body ->> 'pool_id')::uuid, p_grant, 'requests', 1);
        IF v_taken.outcome <> 'ok' THEN
            RETURN v_taken;
        END IF;
    END IF;
    RETURN log.answer('ok', v_answer.body || pg_catalog.jsonb_build_object(
        'not_after_us', (EXTRACT(EPOCH FROM (v_answer.body ->> 'not_after')::timestamptz) * 1000000)::bigint));
END
$$;
