-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clock of governance, called every second by the workers: the end of the bootstrap clause, all proposals, cases and
--          appeals, sanctions that begin or end, policies that end. Idempotent; a proposal that fails does not hold up the others. How many moves were made.
-- Outcomes: none.
-- Locks: advisory transaction lock on the tick (a second caller goes away); each proposal, exclusive.
CREATE OR REPLACE FUNCTION governance.tick() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid;
    v_moves integer := 0;
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('governance.tick', 1)) THEN
        RETURN 0;
    END IF;
    IF governance.end_bootstrap() THEN
        v_moves := v_moves + 1;
    END IF;
    FOR v_id IN SELECT p.id FROM governance.proposal AS p
        WHERE p.state IN ('submitted', 'admitted', 'discussion', 'referred', 'frozen', 'second_reading', 'voting', 'cooling') ORDER BY p.state_at, p.id LOOP
        BEGIN
            -- Several moves may be due at once after a pause; none of them waits for the next second.
            FOR i IN 1 .. 8 LOOP
                EXIT WHEN NOT governance.advance(v_id);
                v_moves := v_moves + 1;
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'governance.tick: proposal %: % (%)', v_id, SQLERRM, SQLSTATE;
        END;
    END LOOP;
    v_moves := v_moves + governance.tick_cases() + governance.tick_appeals();
    BEGIN
        v_moves := v_moves + governance.screen_sanctions();
    EXCEPTION WHEN OTHERS THEN
        RAISE WARNING 'governance.tick: sanctions: % (%)', SQLERRM, SQLSTATE;
    END;
    FOR v_id IN SELECT p.id FROM governance.proposal AS p JOIN governance.policy AS o ON o.proposal_id = p.id
        WHERE p.state = 'in_force' AND o.until_at <= pg_catalog.clock_timestamp() LOOP
        PERFORM governance.move_proposal(v_id, 'expired', NULL, NULL);
        v_moves := v_moves + 1;
    END LOOP;
    RETURN v_moves;
END
$$;
