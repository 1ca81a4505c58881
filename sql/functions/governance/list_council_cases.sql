-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the cases, oldest first, one page.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_council_cases(p_actor uuid, p_state text, p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'council') AND NOT governance.is_office(p_actor, 'board') THEN
        RETURN log.refusal('forbidden', 'cases are open to the council and the board');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(governance.case_body(c.id, p_actor) ORDER BY c.id), '[]'),
                'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(c.id ORDER BY c.id DESC))[1] END))
            FROM (SELECT x.id FROM governance.council_case AS x WHERE (p_after IS NULL OR x.id > p_after) AND (p_state IS NULL OR x.state = p_state)
                  ORDER BY x.id LIMIT p_limit) AS c);
END
$$;
