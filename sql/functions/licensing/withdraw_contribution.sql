-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends every use of a contribution with this commit (t0); its rows are deleted later, when the tombstones of delivered
--          rows have been derived from them, within 72 hours.
-- Outcomes: ok, not_found, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; advisory lock of the pool, exclusive; the contribution's row.
CREATE OR REPLACE FUNCTION licensing.withdraw_contribution(p_actor uuid, p_key text, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'withdraw_contribution ' || p_id, NULL);
    v_row licensing.contribution;
    v_epoch bigint;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_row FROM licensing.contribution WHERE id = p_id AND member_id = p_actor;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    v_epoch := licensing.bump_consent_epoch(v_row.pool_id);
    SELECT * INTO v_row FROM licensing.contribution WHERE id = p_id FOR UPDATE;
    IF v_row.state NOT IN ('awaiting_upload', 'received', 'validating', 'accepted') THEN
        RETURN log.refusal('not_allowed_here', 'the contribution is ' || v_row.state);
    END IF;
    UPDATE licensing.upload SET state = 'ended', lease = NULL, file_due_at = pg_catalog.clock_timestamp()
    WHERE contribution_id = p_id AND state <> 'ended';
    UPDATE licensing.contribution SET state = 'withdrawn', ended_at = pg_catalog.clock_timestamp(), ended_epoch = v_epoch WHERE id = p_id
    RETURNING * INTO v_row;
    IF v_row.rows IS NOT NULL THEN
        PERFORM job.enqueue('write_tombstones', v_row.pool_id::text, pg_catalog.jsonb_build_object('pool', v_row.pool_id));
        PERFORM job.enqueue('delete_contribution_rows', p_id::text, pg_catalog.jsonb_build_object('contribution', p_id),
            pg_catalog.clock_timestamp() + interval '24 hours');
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, 'withdraw_contribution ' || p_id, NULL,
        log.answer('ok', licensing.contribution_body(v_row)));
END
$$;
