-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a board keeps an eye on: parts of the asset lock that are off, the newest tree head and whether the log signs, the newest audit with what is
--          open by severity, and jobs that were given up.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.read_oversight(p_actor uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN NOT governance.is_office(p_actor, 'board') THEN log.refusal('forbidden', 'oversight is the board''s')
        ELSE log.answer('ok', pg_catalog.jsonb_build_object('at', log.time_text(pg_catalog.clock_timestamp()),
            'lock', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('part', c.object_type, 'name', c.object_id, 'expected', c.expected,
                         'found', c.found, 'about', c.about) ORDER BY c.object_type, c.object_id), '[]') FROM audit.check_lock(NULL) AS c),
            'tree_head', log.newest_head(), 'halted', (log.read_health()).body ->> 'reason',
            'audit', (portal.list_audit_runs(NULL, 1)).body -> 'items' -> 0,
            'findings', (SELECT pg_catalog.jsonb_object_agg(s.severity, (SELECT pg_catalog.count(*) FROM audit.finding_overview AS f
                             WHERE f.severity = s.severity AND f.state = 'open')) FROM (VALUES ('loss'), ('breach'), ('lag')) AS s (severity)),
            'given_up', job.list_dead())) END;
$$;
