-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: holds a run for the caller's transaction while it is in a state.
-- Outcomes: ok, not_allowed_here.
-- Locks: the run.
CREATE OR REPLACE FUNCTION payout.lock_run(p_run uuid, p_state text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_state text;
BEGIN
    SELECT state INTO v_state FROM payout.run WHERE id = p_run FOR UPDATE;
    RETURN CASE WHEN v_state = p_state THEN log.answer('ok', '{}') ELSE log.refusal('not_allowed_here', 'the run is ' || v_state) END;
END
$$;
