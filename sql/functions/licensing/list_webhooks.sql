-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the endpoints of the actor's organisation (10 at most, so one page). p_organisation is that of a program's token.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_webhooks(p_actor uuid, p_organisation uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL,
        'items', COALESCE(pg_catalog.jsonb_agg(licensing.webhook_body(e.id) ORDER BY e.id), '[]')))
    FROM licensing.webhook_endpoint AS e
    WHERE e.organisation_id = COALESCE(licensing.organisation_of(p_actor), p_organisation) AND e.ended_at IS NULL;
$$;
