-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what every request under a grant's token is decided on first: the grant as licensing says it stands, for an action in a mode on columns. The
--          token is one for p_pool, of the grant's epoch p_epoch: a token of an older epoch is dead.
-- Outcomes: ok with the grant, forbidden, token_refused, and those of licensing.check_grant.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.check_token(p_grant uuid, p_pool text, p_epoch bigint, p_action text, p_mode text, p_columns text[]) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := licensing.check_grant(p_grant, p_action, p_columns, p_mode);
BEGIN
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    ELSIF v_answer.body ->> 'pool' <> p_pool THEN
        RETURN log.refusal('forbidden', 'the grant is not for this pool');
    ELSIF (v_answer.body ->> 'epoch')::bigint IS DISTINCT FROM p_epoch THEN
        RETURN log.refusal('token_refused', 'the grant has changed since this token was issued');
    END IF;
    RETURN log.answer('ok', v_answer.body || pg_catalog.jsonb_build_object(
        'not_after_us', (EXTRACT(EPOCH FROM (v_answer.body ->> 'not_after')::timestamptz) * 1000000)::bigint));
END
$$;
