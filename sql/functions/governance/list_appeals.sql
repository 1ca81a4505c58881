-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: appeals, newest first, one page.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_appeals(p_actor uuid, p_kind text, p_state text, p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(governance.appeal_body(c.id, p_actor) ORDER BY c.id DESC), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(c.id ORDER BY c.id))[1] END))
    FROM (SELECT x.id FROM governance.panel_case AS x WHERE (p_after IS NULL OR x.id < p_after) AND (p_kind IS NULL OR x.kind = p_kind)
              AND (p_state IS NULL OR x.state = p_state)
          ORDER BY x.id DESC LIMIT p_limit) AS c;
$$;
