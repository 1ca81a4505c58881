-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the endpoint with this id if it is of this organisation and was not deleted; else a row of NULLs. Its row stays locked.
-- Outcomes: none.
-- Locks: the endpoint's row.
CREATE OR REPLACE FUNCTION licensing.own_webhook(p_organisation uuid, p_id uuid) RETURNS licensing.webhook_endpoint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.* FROM licensing.webhook_endpoint AS e WHERE e.id = p_id AND e.organisation_id = p_organisation AND e.ended_at IS NULL FOR NO KEY UPDATE;
$$;
