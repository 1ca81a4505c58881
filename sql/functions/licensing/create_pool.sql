-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a draft of a pool by the licensing officer. p_schema is the canonical text of body.schema, checked in C.
-- Outcomes: created, forbidden, ref_taken, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.create_pool(p_actor uuid, p_key text, p_schema text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'create_pool', p_body);
    v_pool licensing.pool;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF NOT licensing.is_officer(p_actor) THEN
        RETURN log.refusal('forbidden', 'only the licensing officer may set up pools');
    END IF;
    INSERT INTO licensing.pool (pool_id, ref, title, schema, schema_canonical, schema_sha256, created_by)
    VALUES (log.new_id(), p_body ->> 'ref', p_body ->> 'title', p_body -> 'schema', p_schema,
            pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_schema, 'UTF8')), 'hex'), p_actor)
    ON CONFLICT (ref) DO NOTHING
    RETURNING * INTO v_pool;
    IF v_pool.pool_id IS NULL THEN
        RETURN log.refusal('ref_taken', 'another pool has this ref');
    END IF;
    INSERT INTO licensing.pool_schema (pool_id, sha256, follows, schema, canonical, author)
    VALUES (v_pool.pool_id, v_pool.schema_sha256, '', v_pool.schema, v_pool.schema_canonical, p_actor);
    RETURN log.remember('licensing', p_actor::text, p_key, 'create_pool', p_body, log.answer('created', licensing.pool_body(v_pool)));
END
$$;
