-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a signatory adds a person to the organisation, with an invite. p_body is without the address, so a repeat is also compared
--          by its hash.
-- Outcomes: created, not_found, forbidden, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.add_person(p_actor uuid, p_key text, p_organisation uuid, p_email_hash bytea, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_what text := 'add_person ' || p_organisation || ' ' || pg_catalog.encode(p_email_hash, 'hex');
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, v_what, p_body);
    v_person uuid := log.new_id();
    v_role text := licensing.person_role(p_actor, p_organisation);
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN portal.repeat_invite(v_answer, 'person', (v_answer.body ->> 'id')::uuid, p_email_hash, p_organisation,
            COALESCE(v_role = 'signatory', false));
    ELSIF v_role IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_role <> 'signatory' THEN
        RETURN log.refusal('forbidden', 'only a signatory of the organisation adds persons');
    END IF;
    INSERT INTO licensing.person_of_organisation (person_id, organisation_id, display_name, role)
    VALUES (v_person, p_organisation, p_body ->> 'person', p_body ->> 'role');
    RETURN log.remember('licensing', p_actor::text, p_key, v_what, p_body, log.answer('created',
        pg_catalog.jsonb_build_object('id', v_person, 'role', p_body ->> 'role',
            'invite', portal.make_invite('person', v_person, p_email_hash, p_organisation))));
END
$$;
