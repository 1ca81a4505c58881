-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: all organisations for the licensing officer, one's own for everybody else.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_organisations(p_actor uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (WITH page AS (
            SELECT o.organisation_id AS id FROM licensing.organisation AS o
            WHERE (p_after IS NULL OR o.organisation_id > p_after)
                AND (licensing.is_officer(p_actor) OR o.organisation_id = licensing.organisation_of(p_actor))
            ORDER BY o.organisation_id LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(licensing.organisation_body(g.id) ORDER BY g.id), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(g.id ORDER BY g.id DESC))[1] END))
        FROM page AS g);
END
$$;
