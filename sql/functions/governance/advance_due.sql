-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one thing that governance's clock found due (p_what: proposal, case, appeal, policy by their ids; bootstrap, reminders, sanctions, dues, elections without):
--          makes its moves. What fails is rolled back, named in the server's log and tried again the next time; it holds up nothing else. How many moves.
-- Outcomes: none.
-- Locks: those of the moves.
CREATE OR REPLACE FUNCTION governance.advance_due(p_what text, p_id uuid) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_moves integer := 0;
BEGIN
    CASE p_what
    WHEN 'bootstrap' THEN
        v_moves := governance.end_bootstrap()::integer;
    WHEN 'case' THEN
        PERFORM governance.settle_case(p_id);
        v_moves := 1;
    WHEN 'reminders' THEN
        PERFORM governance.remind_seats();
    WHEN 'ballots' THEN
        PERFORM CASE WHEN p.named THEN governance.log_ballots(p_id, p.reading) ELSE governance.log_box(p_id, p.reading) END
        FROM governance.proposal AS p WHERE p.id = p_id AND p.state = 'voting';
    WHEN 'sanctions' THEN
        v_moves := governance.screen_sanctions();
    WHEN 'dues' THEN
        v_moves := governance.lapse_members();
    WHEN 'elections' THEN
        SELECT pg_catalog.count(*) FILTER (WHERE governance.open_election(e.body, e.class)) INTO v_moves
        FROM (VALUES ('board', 'U'), ('board', 'W'), ('board', 'C'), ('council', NULL)) AS e (body, class);
    WHEN 'policy' THEN
        PERFORM governance.move_proposal(p_id, 'expired', NULL, NULL);
        v_moves := 1;
    WHEN 'proposal', 'appeal' THEN
        -- Several moves may be due at once after a pause; none of them waits for the next second.
        WHILE v_moves < 8 AND CASE p_what WHEN 'proposal' THEN governance.advance(p_id) ELSE governance.advance_appeal(p_id) END LOOP
            v_moves := v_moves + 1;
        END LOOP;
    END CASE;
    RETURN v_moves;
EXCEPTION WHEN OTHERS THEN
    PERFORM log.warn(pg_catalog.concat_ws(' ', 'governance.tick:', p_what, p_id), SQLERRM, SQLSTATE);
    RETURN 0;
END
$$;
