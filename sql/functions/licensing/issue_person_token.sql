-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the claims of an access token for a signed-in person of the organisation that holds the grant, as licensing.issue_token makes them for
--          its programs; client_id is portal, sub the person.
-- Outcomes: created, not_found, and those of licensing.grant_claims.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.issue_person_token(p_actor uuid, p_grant uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
    v_answer log.answer;
BEGIN
    SELECT * INTO v_row FROM licensing.data_grant AS g WHERE g.id = p_grant AND licensing.person_role(p_actor, g.organisation_id) IS NOT NULL;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    END IF;
    v_answer := licensing.grant_claims(v_row, p_actor::text, 'portal');
    RETURN CASE v_answer.outcome WHEN 'ok' THEN log.answer('created', v_answer.body) ELSE v_answer END;
END
$$;
