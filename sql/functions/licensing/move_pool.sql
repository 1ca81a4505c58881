-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one place that changes a pool's state: draft -> open <-> paused -> closed. What goes from open to closed is paused on
--          the way, in the same transaction. The caller has decided that it may.
-- Outcomes: none; another step raises, because it is a bug of the caller.
-- Locks: the pool's row.
CREATE OR REPLACE FUNCTION licensing.move_pool(p_pool uuid, p_to text, p_reason text, p_actor uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_from text;
BEGIN
    SELECT state INTO v_from FROM licensing.pool WHERE pool_id = p_pool FOR NO KEY UPDATE;
    IF v_from = 'open' AND p_to = 'closed' THEN
        PERFORM licensing.move_pool(p_pool, 'paused', p_reason, p_actor);
        v_from := 'paused';
    END IF;
    IF (v_from, p_to) NOT IN (('draft', 'open'), ('open', 'paused'), ('paused', 'open'), ('paused', 'closed')) THEN
        RAISE EXCEPTION 'licensing.move_pool: from % to %', v_from, p_to USING ERRCODE = 'check_violation';
    END IF;
    UPDATE licensing.pool SET state = p_to, revision = revision + 1 WHERE pool_id = p_pool;
    INSERT INTO licensing.pool_event (pool_id, seq, state, reason, actor)
    VALUES (p_pool, 1 + COALESCE((SELECT pg_catalog.max(e.seq) FROM licensing.pool_event AS e WHERE e.pool_id = p_pool), 0), p_to,
        p_reason, p_actor);
    PERFORM pg_catalog.pg_notify('licensing_pool', p_pool::text || ':' || p_to);
END
$$;
