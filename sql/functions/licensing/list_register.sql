-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the public list of grants: licensee, pool, purpose, tier, dates, state, terms version, and the cause of a suspension.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_register(p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH page AS (SELECT g.* FROM licensing.grant_overview AS g WHERE p_after IS NULL OR g.grant_id > p_after ORDER BY g.grant_id LIMIT p_limit)
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'grant_id', g.grant_id, 'licensee', g.organisation_name, 'class', g.org_class, 'pool', g.pool, 'purpose', g.purpose, 'tier', g.tier,
        'from', log.time_text(g.from_at), 'until', log.time_text(g.until_at), 'state', g.state, 'terms_version', g.terms_version,
        'terms_sha256', g.terms_sha256, 'cause', CASE WHEN g.state IN ('suspended', 'revoked', 'closed') THEN
            (SELECT e.cause FROM licensing.grant_event AS e WHERE e.grant_id = g.grant_id ORDER BY e.seq DESC LIMIT 1) END) ORDER BY g.grant_id), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(g.grant_id ORDER BY g.grant_id DESC))[1] END))
    FROM page AS g;
$$;
