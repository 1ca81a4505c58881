-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of council cases: approved is matched once more and offered under its conditions (job
--          screen_application), anything else a refusal with the council's public reasons; a case that went to the board is noted as
--          escalated. And of the panel's: uphold refuses for good, reverse sends the application to a person. One that fails is
--          named in the server's log and tried again the next time; the others go on.
-- Outcomes: none; how many.
-- Locks: the applications' rows.
CREATE OR REPLACE FUNCTION licensing.decide_cases() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT a.id, a.case_id, d.approved, d.reasons, d.state
        FROM licensing.application AS a JOIN governance.council_decision AS d ON d.case_id = a.case_id
        WHERE a.state = 'council_review' ORDER BY a.id LOOP
        BEGIN
            IF governance.decided_by(v_row.case_id) = 'board' AND NOT EXISTS (SELECT FROM licensing.application_event AS e
                    WHERE e.application_id = v_row.id AND e.command = 'escalate' AND e.body ->> 'case' = v_row.case_id::text) THEN
                PERFORM licensing.move_application(v_row.id, 'escalate', 'Y', NULL, pg_catalog.jsonb_build_object('case', v_row.case_id));
            END IF;
            CONTINUE WHEN v_row.state <> 'decided' OR v_row.approved IS NULL;
            IF v_row.approved THEN
                PERFORM job.enqueue('screen_application', v_row.id::text, pg_catalog.jsonb_build_object('application', v_row.id));
            ELSE
                PERFORM licensing.move_application(v_row.id, 'decide', 'Y', NULL,
                    pg_catalog.jsonb_build_object('case', v_row.case_id, 'reasons', v_row.reasons), 'refused');
                UPDATE licensing.application SET reasons = '["council"]', held = false WHERE id = v_row.id;
            END IF;
            v_done := v_done + 1;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn('licensing.decide_cases: ' || v_row.id, SQLERRM, SQLSTATE);
        END;
    END LOOP;
    FOR v_row IN SELECT a.id, a.appeal_id, d.upheld, d.reasons
        FROM licensing.application AS a JOIN governance.appeal_decision AS d ON d.appeal_id = a.appeal_id
        WHERE a.state = 'appealed' AND d.state = 'decided' ORDER BY a.id LOOP
        BEGIN
            PERFORM licensing.move_application(v_row.id, CASE WHEN v_row.upheld THEN 'uphold' ELSE 'reverse' END, 'P', NULL,
                pg_catalog.jsonb_build_object('appeal', v_row.appeal_id, 'reasons', v_row.reasons));
            IF NOT v_row.upheld THEN
                UPDATE licensing.application SET held = true WHERE id = v_row.id;
                PERFORM job.enqueue('screen_application', v_row.id::text, pg_catalog.jsonb_build_object('application', v_row.id));
            END IF;
            v_done := v_done + 1;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn('licensing.decide_cases: ' || v_row.id, SQLERRM, SQLSTATE);
        END;
    END LOOP;
    RETURN v_done;
END
$$;
