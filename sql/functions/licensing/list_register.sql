-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the public list of grants: licensee, pool, purpose, tier, dates, state and since when, terms version, the causes that hold a
--          grant now with their public reasons, whether an acknowledgement of withdrawn rows is overdue, and why it ended. Of one pool (by
--          its ref), in one state, for one purpose and those below it, where they are given.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_register(p_pool text, p_state text, p_purpose text, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH page AS (
        SELECT g.*, e.at AS since_at, e.cause FROM licensing.grant_overview AS g
        LEFT JOIN LATERAL (SELECT x.at, x.cause FROM licensing.grant_event AS x
            WHERE x.grant_id = g.grant_id AND x.to_state IS DISTINCT FROM x.from_state ORDER BY x.seq DESC LIMIT 1) AS e ON true
        WHERE (p_after IS NULL OR g.grant_id > p_after) AND (p_pool IS NULL OR g.pool = p_pool) AND (p_state IS NULL OR g.state = p_state)
            AND (p_purpose IS NULL OR g.purpose IN (SELECT b.code FROM licensing.purpose_below AS b WHERE b.ancestor = p_purpose)) ORDER BY g.grant_id LIMIT p_limit)
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'grant_id', g.grant_id, 'licensee', g.organisation_name, 'class', g.org_class, 'pool', g.pool, 'purpose', g.purpose, 'tier', g.tier,
        'from', log.time_text(g.from_at), 'until', log.time_text(g.until_at), 'state', g.state, 'state_since', log.time_text(g.since_at),
        'terms_version', g.terms_version, 'terms_sha256', g.terms_sha256,
        'cause', CASE WHEN g.state IN ('suspended', 'revoked', 'closed') THEN g.cause END,
        'suspensions', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('cause', s.cause, 'reason', s.reason,
                'since', log.time_text(s.opened_at), 'until', log.time_text(s.until_at)) ORDER BY s.opened_at, s.cause), '[]')
            FROM licensing.suspension AS s WHERE s.grant_id = g.grant_id AND s.closed_at IS NULL AND g.state = 'suspended'),
        'overdue_acknowledgements', licensing.tombstones_overdue(g.grant_id)) ORDER BY g.grant_id), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(g.grant_id ORDER BY g.grant_id DESC))[1] END))
    FROM page AS g;
$$;
