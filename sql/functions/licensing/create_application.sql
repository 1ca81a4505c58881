-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a draft for the actor's organisation, with whatever is known of it yet; with copied_from, all that another application of the
--          organisation says and the body does not. Validation of words never blocks saving: the match answers.
-- Outcomes: created, forbidden, not_found, invalid, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.create_application(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'create_application', p_body);
    v_organisation uuid := licensing.organisation_of(p_actor);
    v_source licensing.application;
    v_pool licensing.pool;
    v_id uuid := log.new_id();
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF v_organisation IS NULL THEN
        RETURN log.refusal('forbidden', 'only persons of a registered organisation apply');
    ELSIF p_body ->> 'copied_from' IS NOT NULL THEN
        SELECT * INTO v_source FROM licensing.application AS a
        WHERE a.id = (p_body ->> 'copied_from')::uuid AND a.organisation_id = v_organisation AND EXISTS (SELECT FROM licensing.step AS s
            WHERE s.object = 'application' AND s.state = a.state AND s.command = 'copy_from');
        IF NOT FOUND THEN
            RETURN log.refusal('invalid', 'copied_from', pg_catalog.jsonb_build_array(licensing.field_error('/copied_from',
                'no application of your organisation that is a draft, agreed, withdrawn or lapsed')));
        END IF;
    END IF;
    IF p_body ->> 'pool' IS NOT NULL THEN
        v_pool := licensing.find_pool(p_body ->> 'pool');
        IF v_pool.pool_id IS NULL OR v_pool.state = 'draft' THEN
            RETURN log.refusal('not_found', 'there is no such pool');
        END IF;
    END IF;
    INSERT INTO licensing.application (id, organisation_id, pool_id, applicant, bundle_id, copied_from, state)
    VALUES (v_id, v_organisation, COALESCE(v_pool.pool_id, v_source.pool_id), p_actor, (p_body ->> 'bundle_id')::uuid, v_source.id, 'draft');
    PERFORM licensing.fill_application(v_id, COALESCE(pg_catalog.jsonb_strip_nulls(licensing.application_content(v_source.id)), '{}') || p_body);
    INSERT INTO licensing.application_event (application_id, seq, command, role, actor, from_state, to_state, body)
    VALUES (v_id, 1, 'create', 'A', p_actor, NULL, 'draft', pg_catalog.jsonb_build_object('copied_from', v_source.id));
    RETURN log.remember('licensing', p_actor::text, p_key, 'create_application', p_body,
        log.answer('created', licensing.application_body(v_id)));
END
$$;
