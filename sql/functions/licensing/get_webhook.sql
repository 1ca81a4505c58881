-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an endpoint, for the people and programs of its organisation.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_webhook(p_actor uuid, p_organisation uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM licensing.webhook_endpoint AS e WHERE e.id = p_id AND e.ended_at IS NULL
                   AND e.organisation_id = COALESCE(licensing.organisation_of(p_actor), p_organisation)) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', licensing.webhook_body(p_id));
END
$$;
