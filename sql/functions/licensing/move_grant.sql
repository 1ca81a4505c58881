-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one way a grant changes state: takes the pool's lock exclusively, looks the step up in the matrix, writes the event, raises the
--          epoch, tells the processes (NOTIFY licensing_grant) and the licensee, and starts or winds up what hangs on it. A step that leaves
--          the state as it is leaves the epoch too: its tokens live on.
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
    v_epoch bigint;
    v_type text;
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
    v_epoch := v_row.epoch + (v_next <> v_row.state)::integer;
    INSERT INTO licensing.grant_event (grant_id, seq, command, role, actor, from_state, to_state, epoch, cause, emergency, until_at)
    VALUES (p_id, 1 + (SELECT pg_catalog.max(e.seq) FROM licensing.grant_event AS e WHERE e.grant_id = p_id), p_command, p_role, p_actor,
        v_row.state, v_next, v_epoch, p_cause, p_emergency, p_until);
    IF v_next = v_row.state THEN
        RETURN true;
    END IF;
    UPDATE licensing.data_grant SET state = v_next, epoch = v_epoch WHERE id = p_id;
    PERFORM pg_catalog.pg_notify('licensing_grant', p_id::text || ':' || v_epoch);
    IF v_next IN ('closed', 'revoked', 'expired') THEN
        PERFORM licensing.wind_up(p_id, v_row.state <> 'pending');
    ELSIF p_command IN ('activate', 'reinstate') THEN
        PERFORM licensing.start_duties(p_id);
    END IF;
    v_type := CASE p_command WHEN 'activate' THEN 'grant.activated' WHEN 'suspend' THEN 'grant.suspended' WHEN 'resume' THEN 'grant.resumed'
        WHEN 'reinstate' THEN 'grant.resumed' WHEN 'revoke' THEN 'grant.revoked' END;
    IF v_type IS NOT NULL THEN
        PERFORM licensing.tell_licensee(p_id, v_type, v_epoch::text, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
            'epoch', v_epoch, 'cause', pg_catalog.left(p_cause, 2000), 'until', log.time_text(p_until))));
    END IF;
    RETURN true;
END
$$;
