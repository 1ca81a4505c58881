-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a draft for the actor's organisation. Validation of words never blocks saving: the match answers.
-- Outcomes: created, forbidden, not_found, invalid, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.create_application(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'create_application', p_body);
    v_organisation uuid := licensing.organisation_of(p_actor);
    v_pool licensing.pool := licensing.find_pool(p_body ->> 'pool');
    v_id uuid := log.new_id();
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF v_organisation IS NULL THEN
        RETURN log.refusal('forbidden', 'only persons of a registered organisation apply');
    ELSIF v_pool.pool_id IS NULL OR v_pool.state = 'draft' THEN
        RETURN log.refusal('not_found', 'there is no such pool');
    ELSIF p_body ->> 'copied_from' IS NOT NULL AND NOT EXISTS (SELECT FROM licensing.application AS a
            WHERE a.id = (p_body ->> 'copied_from')::uuid AND a.organisation_id = v_organisation) THEN
        RETURN log.refusal('invalid', 'copied_from', pg_catalog.jsonb_build_array(
            licensing.field_error('/copied_from', 'no application of your organisation')));
    END IF;
    INSERT INTO licensing.application (id, organisation_id, pool_id, applicant, bundle_id, copied_from, state, purpose, actions, columns, modes,
        region, duration_days, project, restriction, people)
    SELECT v_id, v_organisation, v_pool.pool_id, p_actor, (p_body ->> 'bundle_id')::uuid, (p_body ->> 'copied_from')::uuid, 'draft', p_body ->> 'purpose',
        ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'actions')),
        ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'columns')),
        ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'modes')), p_body ->> 'region',
        (p_body ->> 'duration_days')::integer, p_body ->> 'project', p_body ->> 'restriction', COALESCE(p_body -> 'people', '[]');
    INSERT INTO licensing.application_event (application_id, seq, command, role, actor, from_state, to_state, body)
    VALUES (v_id, 1, 'create', 'A', p_actor, NULL, 'draft', p_body);
    RETURN log.remember('licensing', p_actor::text, p_key, 'create_application', p_body,
        log.answer('created', licensing.application_body(v_id)));
END
$$;
