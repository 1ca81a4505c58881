-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: proposals, newest first, one page; drafts only for their author.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_proposals(p_actor uuid, p_state text, p_type text, p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', l.id, 'type', l.type,
        'version', l.version, 'state', l.state, 'title', l.title, 'subject', l.subject, 'reading', l.reading, 'opens_at', log.time_text(l.opens_at),
        'closes_at', log.time_text(l.closes_at), 'in_force_at', log.time_text(l.in_force_at)) ORDER BY l.id DESC), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(l.id ORDER BY l.id))[1] END))
    FROM (SELECT p.*, v.title FROM governance.proposal AS p
          JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
          WHERE (p.state <> 'draft' OR p.author = p_actor) AND (p_state IS NULL OR p.state = p_state) AND (p_type IS NULL OR p.type = p_type)
            AND (p_after IS NULL OR p.id < p_after) ORDER BY p.id DESC LIMIT p_limit) AS l;
$$;
