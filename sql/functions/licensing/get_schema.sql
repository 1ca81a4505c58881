-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the Table Schema of a pool: the current one, or that of a version of its charter. A pool by ref or id.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_schema(p_actor uuid, p_pool text, p_version integer) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool := licensing.find_pool(p_pool);
BEGIN
    IF v_pool.pool_id IS NULL OR v_pool.state = 'draft' AND NOT licensing.is_officer(p_actor) AND NOT licensing.is_member(p_actor) THEN
        RETURN log.answer('not_found');
    ELSIF p_version IS NULL THEN
        RETURN log.answer('ok', v_pool.schema);
    END IF;
    RETURN COALESCE((SELECT log.answer('ok', v.schema) FROM licensing.pool_version AS v
                     WHERE v.pool_id = v_pool.pool_id AND v.version = p_version), log.answer('not_found'));
END
$$;
