-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the agreements of the actor's organisation, all of them for the licensing officer, one page.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_agreements(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := licensing.is_officer(p_actor);
    v_organisation uuid := licensing.organisation_of(p_actor);
BEGIN
    RETURN (WITH page AS (SELECT a.id FROM licensing.agreement AS a
                          WHERE (v_all OR a.organisation_id = v_organisation) AND (p_after IS NULL OR a.id > p_after) ORDER BY a.id LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(licensing.agreement_body(g.id) ORDER BY g.id), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(g.id ORDER BY g.id DESC))[1] END)) FROM page AS g);
END
$$;
