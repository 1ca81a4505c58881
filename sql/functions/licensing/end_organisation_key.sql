-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a signatory with fresh password and TOTP ends a key ({kid}): nothing it signs is accepted from the commit on.
-- Outcomes: ok, not_found, forbidden, fresh_sign_in_required.
-- Locks: the key's row.
CREATE OR REPLACE FUNCTION licensing.end_organisation_key(p_actor uuid, p_organisation uuid, p_fresh boolean, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_role text := licensing.person_role(p_actor, p_organisation);
BEGIN
    IF v_role IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_role <> 'signatory' THEN
        RETURN log.refusal('forbidden', 'only a signatory of the organisation ends keys');
    ELSIF NOT COALESCE(p_fresh, false) THEN
        RETURN log.answer('fresh_sign_in_required');
    END IF;
    UPDATE licensing.organisation_key SET ended_at = pg_catalog.clock_timestamp(), ended_by = p_actor
    WHERE organisation_id = p_organisation AND kid = p_body ->> 'kid' AND ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'your organisation has no live key of that kid');
    END IF;
    RETURN log.answer('ok', licensing.organisation_key_body(p_body ->> 'kid'));
END
$$;
