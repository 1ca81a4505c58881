-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: suspends or resumes many grants of one pool for one cause: what licensing.move_grant does by the system for one of them, in a few
--          statements for all. Grants in another state are left alone. The guards of events and grants look at each row as ever.
-- Outcomes: none; how many were moved.
-- Locks: advisory lock of the pool, exclusive; the grants' rows.
CREATE OR REPLACE FUNCTION licensing.move_grants(p_pool uuid, p_ids uuid[], p_command text, p_cause text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_from text := CASE p_command WHEN 'suspend' THEN 'active' WHEN 'resume' THEN 'suspended' END;
    v_to text := CASE p_command WHEN 'suspend' THEN 'suspended' WHEN 'resume' THEN 'active' END;
    v_moved uuid[];
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(p_pool));
    v_moved := ARRAY(SELECT g.id FROM licensing.data_grant AS g WHERE g.id = ANY (p_ids) AND g.pool_id = p_pool AND g.state = v_from
                     ORDER BY g.id FOR UPDATE);
    INSERT INTO licensing.grant_event (grant_id, seq, command, role, from_state, to_state, epoch, cause)
    SELECT g.id, 1 + (SELECT pg_catalog.max(e.seq) FROM licensing.grant_event AS e WHERE e.grant_id = g.id), p_command, 'Y', v_from, v_to,
        g.epoch + 1, p_cause FROM licensing.data_grant AS g WHERE g.id = ANY (v_moved);
    UPDATE licensing.data_grant SET state = v_to, epoch = epoch + 1 WHERE id = ANY (v_moved);
    PERFORM pg_catalog.pg_notify('licensing_grant', g.id || ':' || g.epoch) FROM licensing.data_grant AS g WHERE g.id = ANY (v_moved);
    PERFORM licensing.tell_licensees(v_moved, CASE p_command WHEN 'suspend' THEN 'grant.suspended' ELSE 'grant.resumed' END, p_cause);
    RETURN pg_catalog.cardinality(v_moved);
END
$$;
