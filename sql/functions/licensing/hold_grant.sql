-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens a cause of suspension on an active or suspended grant; an active one is suspended by it, in the same transaction, and its
--          licensee told. p_reason is public (default: the cause), p_subject the sanction, prohibition, order or duty behind it; p_until only
--          for cause emergency, which ends by itself then. The system's causes must be true in licensing.causes_of as well: the next look
--          closes what is not. Does nothing where the cause is open already or the grant does not run.
-- Outcomes: none; whether the cause was opened now.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.hold_grant(p_grant uuid, p_cause text, p_reason text DEFAULT NULL, p_subject uuid DEFAULT NULL,
    p_until timestamptz DEFAULT NULL, p_actor uuid DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
    v_role text := CASE WHEN p_cause = 'emergency' THEN 'B' ELSE 'Y' END;
    v_reason text := COALESCE(p_reason, p_cause);
BEGIN
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant FOR UPDATE;
    IF v_row.state NOT IN ('active', 'suspended') THEN
        RETURN false;
    END IF;
    INSERT INTO licensing.suspension (id, grant_id, cause, reason, subject, until_at)
    VALUES (log.new_id(), p_grant, p_cause, v_reason, p_subject, p_until) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_row.state = 'active' THEN
        PERFORM licensing.move_grant(p_grant, 'suspend', v_role, p_actor, v_reason, p_cause = 'emergency', p_until);
    END IF;
    PERFORM licensing.wake_grant(p_grant, p_until);
    RETURN true;
END
$$;
