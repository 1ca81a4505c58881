-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws every consequence of time and of other parts for one grant: activates or lapses a pending one, ends one whose term is over,
--          opens and closes causes of suspension, ends hearings, reminds. A pending grant starts under no sanction and no prohibition in force,
--          and in no pool that is not licensed; it lapses after 60 days.
-- Outcomes: none; whether anything changed.
-- Locks: for a pending grant the lock that prohibitions wait for, shared; where something changes, advisory lock of the pool, exclusive, and the grant's row.
CREATE OR REPLACE FUNCTION licensing.judge_grant(p_id uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_epoch bigint;
    v_cause record;
BEGIN
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_id;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    v_epoch := v_row.epoch;
    IF v_row.state = 'pending' THEN
        PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('licensing.prohibition', 20));
        IF v_now >= LEAST(v_row.until_at, v_row.created_at + interval '5184000 seconds') THEN
            PERFORM licensing.move_grant(p_id, 'lapse', 'Y', NULL, 'not begun in time', false, NULL);
        ELSIF NOT licensing.due_first(v_row) AND licensing.is_licensed(v_row.pool_id) AND licensing.prohibition_on(v_row.purpose) IS NULL
            AND licensing.sanction_on(v_row.organisation_id, v_row.pool_id, v_row.purpose) IS NULL THEN
            PERFORM licensing.move_grant(p_id, 'activate', 'Y', NULL, 'paid, or nothing due first', false, NULL);
        END IF;
    ELSIF v_row.state IN ('active', 'suspended') AND v_row.until_at <= v_now THEN
        PERFORM licensing.move_grant(p_id, 'expire', 'Y', NULL, 'end of term', false, NULL);
    END IF;
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_id;
    IF v_row.state IN ('active', 'suspended') THEN
        IF NOT EXISTS (SELECT FROM licensing.duty_due AS d WHERE d.grant_id = p_id) THEN
            PERFORM licensing.start_duties(p_id); -- a grant from before there were rows of duties
        END IF;
        FOR v_cause IN SELECT c.cause, c.subject FROM licensing.causes_of(v_row) AS c LOOP
            PERFORM licensing.hold_grant(p_id, v_cause.cause, NULL, v_cause.subject)
            WHERE NOT EXISTS (SELECT FROM licensing.suspension AS s WHERE s.grant_id = p_id AND s.cause = v_cause.cause AND s.closed_at IS NULL);
        END LOOP;
        FOR v_cause IN SELECT s.cause FROM licensing.suspension AS s WHERE s.grant_id = p_id AND s.closed_at IS NULL
            AND CASE s.cause WHEN 'emergency' THEN s.until_at <= v_now
                ELSE NOT EXISTS (SELECT FROM licensing.causes_of(v_row) AS c WHERE c.cause = s.cause) END LOOP
            PERFORM licensing.release_grant(p_id, v_cause.cause, CASE WHEN v_cause.cause = 'emergency' THEN 'its time is over' ELSE 'cause ended' END);
        END LOOP;
        PERFORM licensing.finish_hearing(p_id);
        SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_id;
    END IF;
    PERFORM licensing.remind_grant(v_row);
    RETURN v_row.epoch <> v_epoch;
END
$$;
