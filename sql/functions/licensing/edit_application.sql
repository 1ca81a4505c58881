-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: changes members of a draft or returned application; p_revision is the version it was read at.
-- Outcomes: ok, not_found, stale, not_allowed_here.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.edit_application(p_actor uuid, p_id uuid, p_revision bigint, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.application;
BEGIN
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id FOR UPDATE;
    IF NOT FOUND OR licensing.person_role(p_actor, v_row.organisation_id) IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_row.revision <> p_revision THEN
        RETURN log.answer('stale');
    ELSIF NOT licensing.move_application(p_id, 'edit', 'A', p_actor, p_body) THEN
        RETURN log.refusal('not_allowed_here', 'the application is ' || v_row.state);
    END IF;
    UPDATE licensing.application SET purpose = COALESCE(p_body ->> 'purpose', purpose), region = COALESCE(p_body ->> 'region', region),
        actions = CASE WHEN p_body ? 'actions' THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'actions')) ELSE actions END,
        columns = CASE WHEN p_body ? 'columns' THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'columns')) ELSE columns END,
        modes = CASE WHEN p_body ? 'modes' THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'modes')) ELSE modes END,
        duration_days = COALESCE((p_body ->> 'duration_days')::integer, duration_days), project = COALESCE(p_body ->> 'project', project),
        restriction = CASE WHEN p_body ? 'restriction' THEN p_body ->> 'restriction' ELSE restriction END,
        people = COALESCE(p_body -> 'people', people)
    WHERE id = p_id;
    RETURN log.answer('ok', licensing.application_body(p_id));
END
$$;
