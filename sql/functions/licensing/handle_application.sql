-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the commands of handlers and those that only move the state: withdraw, decline; ask, with text or questions; refer, on a
--          handler's doubt; offer, only where the newest match permits and nothing asks for the council; rescind, only where the offer
--          would be denied now.
-- Outcomes: ok, invalid, not_allowed_here.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.handle_application(p_row licensing.application, p_command text, p_role text, p_actor uuid, p_body jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_why text;
BEGIN
    IF p_command = 'ask' AND COALESCE(p_body ->> 'text', '') = '' AND COALESCE(pg_catalog.jsonb_array_length(p_body -> 'questions'), 0) = 0 THEN
        RETURN log.refusal('invalid', 'text or questions are needed', pg_catalog.jsonb_build_array(licensing.field_error('/text', 'say what is asked')));
    ELSIF p_command = 'refer' THEN
        IF licensing.screened_since_submit(p_row.id) IS NULL THEN
            RETURN log.refusal('not_allowed_here', 'the match has not been made yet: ask again in a moment');
        END IF;
        PERFORM licensing.refer_application(p_row.id, p_role, p_actor, '["handler"]', p_body ->> 'text');
    ELSIF p_command = 'offer' THEN
        IF licensing.screened_since_submit(p_row.id) IS DISTINCT FROM 'permit' OR licensing.council_reasons(p_row.id) <> '[]' THEN
            RETURN log.refusal('not_allowed_here', 'an offer is made where the match permits and nothing asks for the council');
        END IF;
        PERFORM licensing.make_offer(p_row.id, p_command, p_role, p_actor, NULL, licensing.offer_base(p_row.id), '[]');
    ELSIF p_command = 'rescind' THEN
        v_why := licensing.offer_fault(p_row.id);
        IF v_why IS NULL THEN
            RETURN log.refusal('not_allowed_here', 'an offer is rescinded when a new match denies, and it does not');
        END IF;
        PERFORM licensing.move_application(p_row.id, p_command, p_role, p_actor, p_body || pg_catalog.jsonb_build_object('why', v_why));
        PERFORM job.enqueue('screen_application', p_row.id::text, pg_catalog.jsonb_build_object('application', p_row.id));
    ELSIF p_command IN ('withdraw', 'decline', 'ask') THEN
        PERFORM licensing.move_application(p_row.id, p_command, p_role, p_actor, p_body);
    ELSE
        RETURN log.refusal('not_allowed_here', p_command || ' is done elsewhere: accept at the offer, edit with PATCH, uphold and reverse in the panel''s case');
    END IF;
    RETURN log.answer('ok', licensing.application_body(p_row.id));
END
$$;
