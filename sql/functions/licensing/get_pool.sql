-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one pool; drafts only for members and the licensing officer.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_pool(p_actor uuid, p_pool text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool := licensing.find_pool(p_pool);
BEGIN
    IF v_pool.pool_id IS NULL OR v_pool.state = 'draft' AND NOT licensing.is_officer(p_actor) AND NOT licensing.is_member(p_actor) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', licensing.pool_body(v_pool));
END
$$;
