-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the licensing officer pauses an open pool or resumes a paused one; only an open pool takes announcements of
--          contributions. Opening and closing for good are the members', by a charter.
-- Outcomes: ok, not_found, forbidden, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; advisory lock of the pool, exclusive; the pool's row.
CREATE OR REPLACE FUNCTION licensing.command_pool(p_actor uuid, p_key text, p_pool text, p_command text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'command_pool ' || p_command || ' ' || p_pool, p_body);
    v_pool licensing.pool := licensing.find_pool(p_pool);
    v_from text := CASE p_command WHEN 'pause' THEN 'open' WHEN 'resume' THEN 'paused' END;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF v_from IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF NOT licensing.is_officer(p_actor) THEN
        RETURN log.refusal('forbidden', 'only the licensing officer may pause and resume pools');
    ELSIF v_pool.pool_id IS NULL THEN
        RETURN log.answer('not_found');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_pool.pool_id));
    SELECT * INTO v_pool FROM licensing.pool WHERE pool_id = v_pool.pool_id FOR NO KEY UPDATE;
    IF v_pool.state <> v_from THEN
        RETURN log.refusal('not_allowed_here', 'the pool is ' || v_pool.state);
    END IF;
    PERFORM licensing.move_pool(v_pool.pool_id, CASE p_command WHEN 'pause' THEN 'paused' ELSE 'open' END, p_body ->> 'reason', p_actor);
    RETURN log.remember('licensing', p_actor::text, p_key, 'command_pool ' || p_command || ' ' || p_pool, p_body,
        log.answer('ok', licensing.pool_body(licensing.find_pool(p_pool))));
END
$$;
