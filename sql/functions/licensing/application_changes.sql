-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what differs between the application now and as it was submitted last: {member: {"from", "to"}}.
-- Outcomes: none; an empty object for a first submission.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.application_changes(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_object_agg(n.key, pg_catalog.jsonb_build_object('from', o.content -> n.key, 'to', n.value)), '{}')
    FROM (SELECT e.body -> 'content' AS content FROM licensing.application_event AS e
          WHERE e.application_id = p_id AND e.command = 'submit' ORDER BY e.seq DESC LIMIT 1) AS o
    CROSS JOIN LATERAL pg_catalog.jsonb_each(licensing.application_content(p_id)) AS n
    WHERE o.content IS NOT NULL AND o.content -> n.key IS DISTINCT FROM n.value;
$$;
