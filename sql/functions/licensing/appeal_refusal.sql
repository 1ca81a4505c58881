-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: appeal against a refusal, the automatic ones included, within the charter's appeal_seconds and once: what the panel upheld is
--          refused for good.
-- Outcomes: ok, not_allowed_here, invalid.
-- Locks: the application's row; those of governance.open_appeal.
CREATE OR REPLACE FUNCTION licensing.appeal_refusal(p_row licensing.application, p_role text, p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_last licensing.application_event;
    v_appeal uuid;
BEGIN
    SELECT * INTO v_last FROM licensing.application_event WHERE application_id = p_row.id ORDER BY seq DESC LIMIT 1;
    IF v_last.command = 'uphold' THEN
        RETURN log.refusal('not_allowed_here', 'the panel has upheld this refusal: it is for good');
    ELSIF v_last.at + governance.duration('appeal_seconds') <= pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('not_allowed_here', 'the time for an appeal ended at ' || log.time_text(v_last.at + governance.duration('appeal_seconds')));
    ELSIF COALESCE(p_body ->> 'text', '') = '' THEN
        RETURN log.refusal('invalid', 'text is needed', pg_catalog.jsonb_build_array(licensing.field_error('/text', 'say what is wrong with the refusal')));
    END IF;
    v_appeal := governance.open_appeal('refusal', p_row.id, pg_catalog.jsonb_build_object('grounds', p_body -> 'text', 'appellant', p_actor,
        'organisation_id', p_row.organisation_id, 'act', 'refusal ' || v_last.seq, 'act_at', log.time_text(v_last.at), 'reasons', p_row.reasons));
    PERFORM licensing.move_application(p_row.id, 'appeal', p_role, p_actor, pg_catalog.jsonb_build_object('appeal', v_appeal, 'text', p_body -> 'text'));
    UPDATE licensing.application SET appeal_id = v_appeal WHERE id = p_row.id;
    RETURN log.answer('ok', licensing.application_body(p_row.id));
END
$$;
