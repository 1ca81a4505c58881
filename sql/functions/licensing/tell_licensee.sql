-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: tells a grant's licensee: an event for its programs (webhook) and a notice to each of its persons, in the caller's transaction. p_type is
--          the event's type; p_unique what is said once only of this grant.
-- Outcomes: none.
-- Locks: the unique keys of log.outbox.
CREATE OR REPLACE FUNCTION licensing.tell_licensee(p_grant uuid, p_type text, p_unique text, p_data jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_organisation uuid;
    v_data jsonb;
    v_person uuid;
BEGIN
    SELECT g.organisation_id, pg_catalog.jsonb_build_object('grant', g.id, 'pool', p.ref, 'purpose', g.purpose, 'state', g.state) || p_data
    INTO v_organisation, v_data FROM licensing.data_grant AS g JOIN licensing.pool AS p USING (pool_id) WHERE g.id = p_grant;
    PERFORM log.announce(v_organisation, p_type, p_grant || ':' || p_unique, v_data);
    FOR v_person IN SELECT p.person_id FROM licensing.person_of_organisation AS p WHERE p.organisation_id = v_organisation AND p.left_at IS NULL LOOP
        PERFORM log.notify_member(v_person, 'grant ' || p_grant || ' ' || p_unique, pg_catalog.replace(p_type, '.', '_'), v_data);
    END LOOP;
END
$$;
