-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the projects a budget round would put to the vote now: costed, within the pot, with three sponsors and their author's word on the
--          cost: [{number, project_id, title, cost}], the oldest first.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_ballot_projects(p_pot bigint) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('number', l.number, 'project_id', l.id, 'title', l.title, 'cost', l.cost) ORDER BY l.number), '[]')
    FROM (SELECT j.*, pg_catalog.row_number() OVER (ORDER BY j.id) AS number FROM governance.project_now AS j
          WHERE j.state = 'costed' AND j.agreed AND j.sponsors >= 3 AND j.cost <= p_pot) AS l
    WHERE l.number <= 1000;
$$;
