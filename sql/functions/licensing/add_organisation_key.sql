-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a signatory with fresh password and TOTP registers an Ed25519 key ({name, kid, x}) the organisation accepts agreements with. A
--          key belongs to one organisation, and one that ended does not come back.
-- Outcomes: created, not_found, forbidden, fresh_sign_in_required, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; the unique keys of licensing.organisation_key.
CREATE OR REPLACE FUNCTION licensing.add_organisation_key(p_actor uuid, p_key text, p_organisation uuid, p_fresh boolean, p_body jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'add_organisation_key ' || p_organisation, p_body);
    v_role text := licensing.person_role(p_actor, p_organisation);
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF v_role IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_role <> 'signatory' THEN
        RETURN log.refusal('forbidden', 'only a signatory of the organisation registers keys');
    ELSIF NOT COALESCE(p_fresh, false) THEN
        RETURN log.answer('fresh_sign_in_required');
    ELSIF (SELECT pg_catalog.count(*) FROM licensing.organisation_key AS k WHERE k.organisation_id = p_organisation AND k.ended_at IS NULL) >= 20 THEN
        RETURN log.refusal('not_allowed_here', '20 keys of your organisation are live: end one first');
    END IF;
    INSERT INTO licensing.organisation_key (kid, organisation_id, x, name, added_by)
    VALUES (p_body ->> 'kid', p_organisation, p_body ->> 'x', p_body ->> 'name', p_actor) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'this key was registered before: make a new pair');
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, 'add_organisation_key ' || p_organisation, p_body,
        log.answer('created', licensing.organisation_key_body(p_body ->> 'kid')));
END
$$;
