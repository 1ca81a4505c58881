-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: who a panel can be drawn from: volunteers by their ids and classes, without names; ones own is marked.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_panel_volunteers(p_actor uuid, p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', c.id, 'class', c.class,
            'since', log.time_text(c.at), 'mine', COALESCE(c.member_id = p_actor, false)) ORDER BY c.id), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(c.id ORDER BY c.id DESC))[1] END))
    FROM (SELECT v.id, v.at, v.member_id, n.class FROM governance.panel_volunteer AS v JOIN governance.member_now AS n USING (member_id)
          WHERE (p_after IS NULL OR v.id > p_after) AND NOT EXISTS (SELECT FROM governance.panel_volunteer_end AS e WHERE e.volunteer_id = v.id)
          ORDER BY v.id LIMIT p_limit) AS c;
$$;
