-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for C: the schema that the next one of an open or paused pool must grow from.
-- Outcomes: ok, not_found, forbidden, not_allowed_here, idempotency_conflict; created for a repeat.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.load_growth(p_actor uuid, p_key text, p_pool text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'save_growth ' || p_pool, p_body);
    v_pool licensing.pool := licensing.find_pool(p_pool);
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF NOT licensing.is_officer(p_actor) THEN
        RETURN log.refusal('forbidden', 'only the licensing officer may draft schemas');
    ELSIF v_pool.pool_id IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_pool.state NOT IN ('open', 'paused') THEN
        RETURN log.refusal('not_allowed_here', CASE v_pool.state WHEN 'draft' THEN 'the pool is a draft: change it'
            ELSE 'the pool is closed' END);
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('schema', v_pool.schema, 'schema_sha256', v_pool.schema_sha256));
END
$$;
