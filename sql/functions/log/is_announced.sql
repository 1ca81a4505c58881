-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether log.announce was called with this organisation, type and unique part; with p_done whether the event has left the outbox.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.is_announced(p_organisation uuid, p_type text, p_unique text, p_done boolean) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM log.outbox AS o WHERE o.unique_key = 'webhook:' || p_organisation || ':' || p_type || ':' || p_unique
                   AND (NOT p_done OR o.done_at IS NOT NULL));
$$;
