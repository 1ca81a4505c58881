-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one way an application changes state: looks the step up in the matrix, writes the event, then the state. p_next is
--          needed only where a command can end in several states. A case whose
--          application goes back is withdrawn; the organisation's programs learn of offers, refusals and returns.
-- Outcomes: none; false when the matrix has no such step.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.move_application(p_id uuid, p_command text, p_role text, p_actor uuid, p_body jsonb, p_next text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.application;
    v_next text;
    v_seq integer;
BEGIN
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id FOR UPDATE;
    SELECT s.next INTO v_next FROM licensing.step AS s WHERE s.object = 'application' AND s.state = v_row.state AND s.command = p_command
        AND pg_catalog.strpos(s.who, p_role) > 0 AND s.next = COALESCE(p_next, s.next);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    INSERT INTO licensing.application_event (application_id, seq, command, role, actor, from_state, to_state, body)
    VALUES (p_id, 1 + COALESCE((SELECT pg_catalog.max(e.seq) FROM licensing.application_event AS e WHERE e.application_id = p_id), 0),
        p_command, p_role, p_actor, v_row.state, v_next, COALESCE(p_body, '{}')) RETURNING seq INTO v_seq;
    UPDATE licensing.application SET state = v_next, revision = revision + 1, changed_at = pg_catalog.clock_timestamp() WHERE id = p_id;
    IF v_row.state = 'council_review' AND v_next IN ('returned', 'withdrawn') THEN
        PERFORM governance.withdraw_case(v_row.case_id, 'the application was ' || v_next);
    END IF;
    IF v_next <> v_row.state AND v_next IN ('offered', 'refused', 'returned') THEN
        PERFORM log.announce(v_row.organisation_id, 'application.decided', p_id || ':' || v_seq, pg_catalog.jsonb_strip_nulls(
            pg_catalog.jsonb_build_object('application_id', p_id, 'pool', (SELECT p.ref FROM licensing.pool AS p WHERE p.pool_id = v_row.pool_id),
                'purpose', v_row.purpose, 'decision', v_next, 'offer_id', p_body -> 'offer', 'by', p_command)));
    END IF;
    RETURN true;
END
$$;
