-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: changes members of a draft or returned application; p_revision is the version it was read at. The event keeps what changed.
-- Outcomes: ok, not_found, forbidden, stale, not_allowed_here, invalid.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.edit_application(p_actor uuid, p_id uuid, p_revision bigint, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_roles text := licensing.application_role(p_actor, p_id);
    v_role text := CASE WHEN pg_catalog.strpos(v_roles, 'A') > 0 THEN 'A' WHEN pg_catalog.strpos(v_roles, 'O') > 0 THEN 'O' END;
    v_row licensing.application;
    v_pool licensing.pool;
    v_before jsonb;
BEGIN
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id FOR UPDATE;
    IF v_roles = '' THEN
        RETURN log.answer('not_found');
    ELSIF v_row.state NOT IN ('draft', 'returned') THEN
        RETURN log.refusal('not_allowed_here', 'the application is ' || v_row.state);
    ELSIF v_role IS NULL THEN
        RETURN log.refusal('forbidden', 'only the applicant and co-applicants edit an application');
    ELSIF v_row.revision <> p_revision THEN
        RETURN log.answer('stale');
    ELSIF p_body ? 'pool' THEN
        v_pool := licensing.find_pool(p_body ->> 'pool');
        IF v_pool.pool_id IS NULL OR v_pool.state = 'draft' THEN
            RETURN log.refusal('not_found', 'there is no such pool');
        ELSIF v_row.state <> 'draft' AND v_pool.pool_id IS DISTINCT FROM v_row.pool_id THEN
            RETURN log.refusal('invalid', 'pool', pg_catalog.jsonb_build_array(licensing.field_error('/pool',
                'stays once the application was submitted: withdraw it and copy it')));
        END IF;
        UPDATE licensing.application SET pool_id = v_pool.pool_id WHERE id = p_id;
    END IF;
    v_before := licensing.application_content(p_id);
    PERFORM licensing.fill_application(p_id, p_body);
    PERFORM licensing.move_application(p_id, 'edit', v_role, p_actor, pg_catalog.jsonb_build_object('changed', (
        SELECT COALESCE(pg_catalog.jsonb_object_agg(n.key, pg_catalog.jsonb_build_object('from', v_before -> n.key, 'to', n.value)), '{}')
        FROM pg_catalog.jsonb_each(licensing.application_content(p_id)) AS n WHERE v_before -> n.key IS DISTINCT FROM n.value)));
    RETURN log.answer('ok', licensing.application_body(p_id));
END
$$;
