-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clock's part of dues: members whose dues are not covered when the grace is over lapse. How many did; a thousand at a time.
-- Outcomes: none.
-- Locks: advisory transaction lock on each member.
CREATE OR REPLACE FUNCTION governance.lapse_members() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_member uuid;
    v_lapsed integer := 0;
BEGIN
    FOR v_member IN SELECT w.member_id FROM governance.dues_watch AS w WHERE w.at <= pg_catalog.clock_timestamp() ORDER BY w.at LIMIT 1000 LOOP
        PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.member ' || v_member, 1));
        -- Who paid meanwhile has another row by now.
        DELETE FROM governance.dues_watch AS w WHERE w.member_id = v_member AND w.at <= pg_catalog.clock_timestamp();
        IF FOUND AND (SELECT m.standing FROM governance.member_now AS m WHERE m.member_id = v_member) = 'active' THEN
            PERFORM governance.write_standing(v_member, 'lapsed', NULL, 'dues');
            v_lapsed := v_lapsed + 1;
        END IF;
    END LOOP;
    RETURN v_lapsed;
END
$$;
