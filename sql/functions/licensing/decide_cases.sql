-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of decided council cases: approved becomes an offer, anything else a refusal with the council's
--          public reasons.
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
    FOR v_row IN SELECT a.id, a.case_id, d.approved, d.conditions, d.reasons
        FROM licensing.application AS a JOIN governance.council_decision AS d ON d.case_id = a.case_id
        WHERE a.state = 'council_review' AND d.state = 'decided' AND d.approved IS NOT NULL ORDER BY a.id LOOP
        IF v_row.approved THEN
            PERFORM licensing.make_offer(v_row.id, 'decide', v_row.case_id, v_row.conditions);
        ELSE
            PERFORM licensing.move_application(v_row.id, 'decide', 'Y', NULL,
                pg_catalog.jsonb_build_object('case', v_row.case_id, 'reasons', v_row.reasons), 'refused');
            UPDATE licensing.application SET reasons = '["council"]' WHERE id = v_row.id;
        END IF;
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
