-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a schema that C found to grow from the current one (p_follows), for a charter to cite by its hash. p_canonical is
--          the canonical text of body.schema, p_columns the new quasi and direct columns.
-- Outcomes: created, not_found, forbidden, stale, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.save_growth(p_actor uuid, p_key text, p_pool text, p_follows text, p_canonical text,
    p_columns jsonb, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'save_growth ' || p_pool, p_body);
    v_pool licensing.pool := licensing.find_pool(p_pool);
    v_hash text := pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(p_canonical, 'UTF8')), 'hex');
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF NOT licensing.is_officer(p_actor) THEN
        RETURN log.refusal('forbidden', 'only the licensing officer may draft schemas');
    ELSIF v_pool.pool_id IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_pool.schema_sha256 <> p_follows THEN
        RETURN log.answer('stale');
    END IF;
    INSERT INTO licensing.pool_schema (pool_id, sha256, follows, schema, canonical, author)
    VALUES (v_pool.pool_id, v_hash, p_follows, p_body -> 'schema', p_canonical, p_actor) ON CONFLICT DO NOTHING;
    RETURN log.remember('licensing', p_actor::text, p_key, 'save_growth ' || p_pool, p_body, log.answer('created',
        pg_catalog.jsonb_build_object('pool', v_pool.ref, 'schema_sha256', v_hash, 'follows', p_follows, 'notice_columns', p_columns)));
END
$$;
