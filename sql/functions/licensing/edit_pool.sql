-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: changes title or schema of a draft; p_revision is the version it was read at. p_schema is NULL when the schema stays.
-- Outcomes: ok, not_found, forbidden, stale, not_allowed_here.
-- Locks: the pool's row.
CREATE OR REPLACE FUNCTION licensing.edit_pool(p_actor uuid, p_pool text, p_revision bigint, p_schema text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool;
BEGIN
    IF NOT licensing.is_officer(p_actor) THEN
        RETURN log.refusal('forbidden', 'only the licensing officer may change pools');
    END IF;
    SELECT * INTO v_pool FROM licensing.pool WHERE ref = p_pool OR pool_id::text = p_pool FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF v_pool.state <> 'draft' THEN
        RETURN log.refusal('not_allowed_here', 'an open pool changes through its charter');
    ELSIF v_pool.revision <> p_revision THEN
        RETURN log.answer('stale');
    END IF;
    UPDATE licensing.pool SET title = COALESCE(p_body ->> 'title', title),
        schema = CASE WHEN p_schema IS NULL THEN schema ELSE p_body -> 'schema' END,
        schema_canonical = COALESCE(p_schema, schema_canonical),
        schema_sha256 = pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE(p_schema, schema_canonical), 'UTF8')), 'hex'),
        revision = revision + 1
    WHERE pool_id = v_pool.pool_id RETURNING * INTO v_pool;
    INSERT INTO licensing.pool_schema (pool_id, sha256, follows, schema, canonical, author)
    VALUES (v_pool.pool_id, v_pool.schema_sha256, '', v_pool.schema, v_pool.schema_canonical, p_actor) ON CONFLICT DO NOTHING;
    RETURN log.answer('ok', licensing.pool_body(v_pool));
END
$$;
