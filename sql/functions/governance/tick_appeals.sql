-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clock of appeals: every move that is due; at three quarters of a panel's time, reminds the seats that have not voted. How
--          many moves.
-- Outcomes: none.
-- Locks: rows of the appeals.
CREATE OR REPLACE FUNCTION governance.tick_appeals() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid;
    v_moves integer := 0;
BEGIN
    FOR v_id IN SELECT a.id FROM governance.panel_case AS a WHERE a.state <> 'decided' ORDER BY a.id LOOP
        BEGIN
            -- Several moves may be due at once after a pause.
            FOR i IN 1 .. 4 LOOP
                EXIT WHEN NOT governance.advance_appeal(v_id);
                v_moves := v_moves + 1;
            END LOOP;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'governance.tick: appeal %: % (%)', v_id, SQLERRM, SQLSTATE;
        END;
    END LOOP;
    PERFORM governance.notify_members(ARRAY(SELECT s.member_id FROM governance.panel_of(a.id) AS s WHERE s.choice IS NULL),
        'appeal ' || a.id || '/' || a.round, 'case_due', pg_catalog.jsonb_build_object('appeal_id', a.id, 'closes_at', log.time_text(a.closes_at)))
    FROM governance.panel_case AS a WHERE a.state = 'panel'
        AND a.closes_at - governance.duration('council_case_seconds') / 4 <= pg_catalog.clock_timestamp();
    RETURN v_moves;
END
$$;
