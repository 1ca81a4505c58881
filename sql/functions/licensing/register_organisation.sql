-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: registers an organisation with its first person, a signatory, and makes that person's invite. The class is only
--          claimed until the licensing officer verifies it. Anybody may register. p_body is without the address, so a repeat is also
--          compared by its hash.
-- Outcomes: created, invalid, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.register_organisation(p_actor uuid, p_key text, p_email_hash bytea, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_who text := COALESCE(p_actor::text, 'nobody ' || pg_catalog.encode(p_email_hash, 'hex'));
    v_what text := 'register_organisation ' || pg_catalog.encode(p_email_hash, 'hex');
    v_answer log.answer := log.replay('licensing', v_who, p_key, v_what, p_body);
    v_organisation uuid := log.new_id();
    v_person uuid := log.new_id();
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN portal.repeat_invite(v_answer, 'person', (v_answer.body ->> 'person_id')::uuid, p_email_hash, (v_answer.body ->> 'id')::uuid);
    ELSIF NOT EXISTS (SELECT FROM licensing.region AS r WHERE r.code = p_body ->> 'country') THEN
        RETURN log.refusal('invalid', 'unknown country', pg_catalog.jsonb_build_array(licensing.field_error('/country', 'no ISO 3166-1 code')));
    END IF;
    INSERT INTO licensing.organisation (organisation_id, name, country, vat_id, address, claimed_class)
    VALUES (v_organisation, p_body ->> 'name', p_body ->> 'country', p_body ->> 'vat_id', COALESCE(p_body -> 'address', '{}'), p_body ->> 'class');
    INSERT INTO licensing.person_of_organisation (person_id, organisation_id, display_name, role)
    VALUES (v_person, v_organisation, p_body ->> 'person', 'signatory');
    RETURN log.remember('licensing', v_who, p_key, v_what, p_body, log.answer('created',
        pg_catalog.jsonb_build_object('id', v_organisation, 'name', p_body ->> 'name', 'claimed_class', p_body ->> 'class', 'person_id', v_person,
            'invite', portal.make_invite('person', v_person, p_email_hash, v_organisation))));
END
$$;
