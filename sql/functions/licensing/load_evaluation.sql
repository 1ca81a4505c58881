-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: facts for a trial evaluation of stored terms and consents: a licensee asks for the own organisation and class; council
--          members, members and the licensing officer may name any class.
-- Outcomes: ok, not_found, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_evaluation(p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool := licensing.find_pool(p_body ->> 'pool');
    v_organisation uuid := licensing.organisation_of(p_actor);
    v_class text;
    v_facts jsonb;
BEGIN
    IF v_organisation IS NULL AND NOT licensing.is_member(p_actor) THEN
        RETURN log.answer('forbidden');
    ELSIF v_pool.pool_id IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such pool');
    END IF;
    v_class := CASE WHEN v_organisation IS NULL THEN p_body ->> 'org_class' ELSE licensing.class_of(v_organisation) END;
    v_facts := licensing.policy_facts(v_pool, v_organisation, p_body ->> 'purpose', COALESCE(v_class, ''));
    IF v_facts IS NULL THEN
        RETURN log.refusal('not_found', 'no terms are in force for this pool');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('purpose', p_body -> 'purpose', 'actions', pg_catalog.jsonb_build_array(p_body -> 'action'),
        'modes', pg_catalog.jsonb_build_array(p_body -> 'mode'), 'columns', p_body -> 'columns', 'region', p_body -> 'region',
        'org_class', COALESCE(v_class, ''), 'organisation', 'org:' || COALESCE(v_organisation::text, 'none'), 'facts', v_facts));
END
$$;
