-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: licensing.tell_licensee of many grants whose state just changed for one cause, in two statements: once for each grant and epoch.
-- Outcomes: none.
-- Locks: the unique keys of log.outbox.
CREATE OR REPLACE FUNCTION licensing.tell_licensees(p_grants uuid[], p_type text, p_cause text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_events jsonb;
BEGIN
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('organisation', g.organisation_id, 'grant', g.id, 'epoch', g.epoch,
        'unique', g.id || ':' || g.epoch, 'data', pg_catalog.jsonb_build_object('grant', g.id, 'pool', p.ref, 'purpose', g.purpose, 'state', g.state,
            'epoch', g.epoch, 'cause', p_cause))), '[]') INTO v_events
    FROM licensing.data_grant AS g JOIN licensing.pool AS p USING (pool_id) WHERE g.id = ANY (p_grants);
    PERFORM log.announce_many(p_type, v_events);
    PERFORM log.notify_many(COALESCE((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('member', p.person_id,
            'subject', 'grant ' || (e.v ->> 'grant') || ' ' || (e.v ->> 'epoch'), 'kind', pg_catalog.replace(p_type, '.', '_'), 'body', e.v -> 'data'))
        FROM pg_catalog.jsonb_array_elements(v_events) AS e (v)
        JOIN licensing.person_of_organisation AS p ON p.organisation_id = (e.v ->> 'organisation')::uuid AND p.left_at IS NULL), '[]'));
END
$$;
