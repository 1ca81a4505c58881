-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes a project: proposed at once, or kept as a draft that its author alone sees.
-- Outcomes: created, forbidden, idempotency_conflict.
-- Locks: log.replays.
CREATE OR REPLACE FUNCTION governance.create_project(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_id uuid := log.new_id();
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'create_project', p_body);
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF governance.ineligibility(p_actor) IS NOT NULL THEN
        RETURN log.refusal('forbidden', 'only members who may vote propose projects');
    END IF;
    INSERT INTO governance.project (id, author, title, body_text, created_at) VALUES (v_id, p_actor, p_body ->> 'title', p_body ->> 'text', pg_catalog.now());
    IF NOT COALESCE((p_body ->> 'draft')::boolean, false) THEN
        PERFORM governance.write_project_event(v_id, 'proposed', p_actor, NULL, NULL);
    END IF;
    RETURN log.remember('governance', p_actor::text, p_key, 'create_project', p_body, log.answer('created', governance.project_body(v_id, p_actor)));
END
$$;
