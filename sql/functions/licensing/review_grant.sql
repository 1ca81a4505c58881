-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws every consequence for one grant (licensing.judge_grant), then notes when it must be looked at next. May be called at any time by
--          anybody who changed what a grant depends on.
-- Outcomes: none; whether anything changed.
-- Locks: those of licensing.judge_grant; then the row of licensing.grant_due. Who goes on to grants of other pools takes those pools' locks before.
CREATE OR REPLACE FUNCTION licensing.review_grant(p_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_changed boolean := licensing.judge_grant(p_id);
BEGIN
    PERFORM licensing.set_next_look(g) FROM licensing.data_grant AS g WHERE g.id = p_id;
    RETURN v_changed;
END
$$;
