-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one's organisation's grants; all of them for the licensing officer, the board and the treasurer.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_grants(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := licensing.is_officer(p_actor) OR COALESCE(governance.is_office(p_actor, 'board') OR governance.is_office(p_actor, 'treasurer'), false);
    v_organisation uuid := licensing.organisation_of(p_actor);
BEGIN
    RETURN (WITH page AS (SELECT g.id FROM licensing.data_grant AS g WHERE (v_all OR g.organisation_id = v_organisation)
                AND (p_after IS NULL OR g.id > p_after) ORDER BY g.id LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(licensing.grant_body(x.id) ORDER BY x.id), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(x.id ORDER BY x.id DESC))[1] END))
        FROM page AS x);
END
$$;
