-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the first notices that are due to be sent, at most p_limit of them.
-- Outcomes: none; their ids.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.due_notices(p_limit integer) RETURNS bigint[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(SELECT o.id FROM log.outbox AS o
                 WHERE o.topic = 'notice' AND o.done_at IS NULL AND o.next_at <= pg_catalog.clock_timestamp() ORDER BY o.next_at, o.id LIMIT p_limit);
$$;
