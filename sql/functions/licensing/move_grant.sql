-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one way a grant changes state: takes the pool's lock exclusively, looks the step up in the matrix, writes the
--          event, raises the epoch, and tells the processes (NOTIFY licensing_grant).
-- Outcomes: none; false when the matrix has no such step.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.move_grant(p_id uuid, p_command text, p_role text, p_actor uuid, p_cause text, p_emergency boolean,
    p_until timestamptz) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
    v_next text;
BEGIN
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_id FOR UPDATE;
    SELECT s.next INTO v_next FROM licensing.step AS s
    WHERE s.object = 'grant' AND s.state = v_row.state AND s.command = p_command AND pg_catalog.strpos(s.who, p_role) > 0;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO licensing.grant_event (grant_id, seq, command, role, actor, from_state, to_state, epoch, cause, emergency, until_at)
    VALUES (p_id, 1 + (SELECT pg_catalog.max(e.seq) FROM licensing.grant_event AS e WHERE e.grant_id = p_id), p_command, p_role, p_actor,
        v_row.state, v_next, v_row.epoch + 1, p_cause, p_emergency, p_until);
    UPDATE licensing.data_grant SET state = v_next, epoch = epoch + 1 WHERE id = p_id;
    PERFORM pg_catalog.pg_notify('licensing_grant', p_id::text || ':' || (v_row.epoch + 1));
    RETURN true;
END
$$;
