-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: all applications for the licensing officer and the council (drafts excepted), those of one's organisation, and those
--          one was invited to, for a licensee.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_applications(p_actor uuid, p_state text, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := licensing.is_officer(p_actor) OR COALESCE(governance.is_office(p_actor, 'council'), false);
    v_organisation uuid := licensing.organisation_of(p_actor);
BEGIN
    RETURN (WITH page AS (
            SELECT a.id FROM licensing.application AS a
            WHERE (v_all AND a.state <> 'draft' OR a.organisation_id = v_organisation
                    OR a.id IN (SELECT c.application_id FROM licensing.co_applicant AS c WHERE c.person_id = p_actor AND v_organisation IS NOT NULL)) AND (p_state IS NULL OR a.state = p_state)
                AND (p_after IS NULL OR a.id > p_after) ORDER BY a.id LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(licensing.application_body(g.id) ORDER BY g.id), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(g.id ORDER BY g.id DESC))[1] END))
        FROM page AS g);
END
$$;
