-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clock of council cases: decides or hands over those whose time is over; at three quarters of it, reminds the seats that
--          have not voted, once. How many were settled.
-- Outcomes: none.
-- Locks: rows of the cases.
CREATE OR REPLACE FUNCTION governance.tick_cases() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid;
    v_moves integer := 0;
BEGIN
    FOR v_id IN SELECT c.id FROM governance.council_case AS c WHERE c.state = 'open' AND c.closes_at <= pg_catalog.clock_timestamp() ORDER BY c.id LOOP
        BEGIN
            PERFORM governance.settle_case(v_id);
            v_moves := v_moves + 1;
        EXCEPTION WHEN OTHERS THEN
            RAISE WARNING 'governance.tick: case %: % (%)', v_id, SQLERRM, SQLSTATE;
        END;
    END LOOP;
    PERFORM governance.notify_members(ARRAY(SELECT v.member_id FROM governance.council_vote AS v WHERE v.case_id = c.id AND v.body_name = c.body_name
            AND v.choice IS NULL AND v.conflict IS NULL), 'case ' || c.id, CASE c.body_name WHEN 'board' THEN 'case_due_2' ELSE 'case_due' END,
        pg_catalog.jsonb_build_object('case_id', c.id, 'closes_at', log.time_text(c.closes_at)))
    FROM governance.council_case AS c WHERE c.state = 'open'
        AND c.closes_at - governance.duration('council_case_seconds') / 4 <= pg_catalog.clock_timestamp();
    RETURN v_moves;
END
$$;
