-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: closes an open cause of suspension (p_reason is public: why it ended). The grant resumes when none is left open. Does nothing
--          where the cause is not open. p_role B: an order of the board ends it.
-- Outcomes: none; whether a cause was closed now.
-- Locks: advisory lock of the pool, exclusive; the grant's row.
CREATE OR REPLACE FUNCTION licensing.release_grant(p_grant uuid, p_cause text, p_reason text DEFAULT 'cause ended',
    p_role text DEFAULT 'Y', p_actor uuid DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
BEGIN
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant FOR UPDATE;
    UPDATE licensing.suspension SET closed_at = pg_catalog.clock_timestamp(), closed_reason = p_reason
    WHERE grant_id = p_grant AND cause = p_cause AND closed_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF v_row.state = 'suspended' AND NOT EXISTS (SELECT FROM licensing.suspension AS s WHERE s.grant_id = p_grant AND s.closed_at IS NULL) THEN
        PERFORM licensing.move_grant(p_grant, 'resume', p_role, p_actor, p_reason, false, NULL);
    END IF;
    PERFORM licensing.wake_grant(p_grant);
    RETURN true;
END
$$;
