-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a new application for what an active grant gives, copied from the one it came from and submitted at once: it is matched against the
--          terms in force today and stored like any other, and ends in an offer to accept. The old grant runs to its end. Never against a
--          prohibition or under a sanction; one at a time.
-- Outcomes: created (the application), purpose_prohibited, sanctioned, not_allowed_here, and those of licensing.create_application and
--          licensing.command_application.
-- Locks: the caller's; the applications' rows.
CREATE OR REPLACE FUNCTION licensing.renew_grant(p_actor uuid, p_grant licensing.data_grant, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_old licensing.application;
    v_answer log.answer;
    v_id uuid;
BEGIN
    IF licensing.prohibition_on(p_grant.purpose) IS NOT NULL THEN
        RETURN log.answer('purpose_prohibited');
    ELSIF licensing.sanction_on(p_grant.organisation_id, p_grant.pool_id, p_grant.purpose) IS NOT NULL THEN
        RETURN log.refusal('sanctioned', 'a sanction on your organisation is in force');
    ELSIF EXISTS (SELECT FROM licensing.application AS a WHERE a.renews = p_grant.id AND a.state NOT IN ('refused', 'withdrawn', 'lapsed')) THEN
        RETURN log.refusal('not_allowed_here', 'this grant is being renewed already');
    END IF;
    SELECT a.* INTO v_old FROM licensing.agreement AS g JOIN licensing.offer AS o ON o.id = g.offer_id JOIN licensing.application AS a
        ON a.id = o.application_id WHERE g.id = p_grant.agreement_id;
    BEGIN
        v_answer := licensing.create_application(p_actor, NULL, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('copied_from', v_old.id,
            'duration_days', p_body -> 'duration_days', 'project', p_body -> 'project')));
        IF v_answer.outcome = 'created' THEN
            v_id := (v_answer.body ->> 'id')::uuid;
            UPDATE licensing.application SET renews = p_grant.id, quotas = v_old.quotas WHERE id = v_id;
            v_answer := licensing.command_application(p_actor, NULL, v_id, 'submit', NULL, '{}');
        END IF;
        IF v_answer.outcome <> 'ok' THEN
            RAISE EXCEPTION USING ERRCODE = 'raise_exception', MESSAGE = 'refused';
        END IF;
    EXCEPTION WHEN raise_exception THEN
        RETURN v_answer;
    END;
    PERFORM licensing.move_grant(p_grant.id, 'renew', 'A', p_actor, NULL, false, NULL);
    RETURN log.answer('created', v_answer.body);
END
$$;
