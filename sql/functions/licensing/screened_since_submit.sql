-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the match of the newest submission says: permit, council, deny.
-- Outcomes: none; NULL while it has not been made.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.screened_since_submit(p_id uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.body ->> 'decision' FROM licensing.application_event AS m
    WHERE m.application_id = p_id AND m.command = 'match' AND m.seq > (SELECT pg_catalog.max(s.seq) FROM licensing.application_event AS s
        WHERE s.application_id = p_id AND s.command IN ('submit', 'rescind', 'reverse'))
    ORDER BY m.seq DESC LIMIT 1;
$$;
