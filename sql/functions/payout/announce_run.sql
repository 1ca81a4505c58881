-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: tells up to p_count members behind p_after that their statement of a posted run is there. Answers {after}: NULL when all have been told.
-- Outcomes: ok.
-- Locks: those of log.notify_many.
CREATE OR REPLACE FUNCTION payout.announce_run(p_run uuid, p_after uuid, p_count integer) RETURNS log.answer
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH told AS MATERIALIZED (
        SELECT l.member_id, r.run_id FROM payout.run AS r JOIN payout.run_line AS l ON l.run = r.id
        WHERE r.id = p_run AND r.state = 'posted' AND (p_after IS NULL OR l.member_id > p_after) ORDER BY l.member_id LIMIT p_count),
    said AS (
        SELECT log.notify_many(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('member', t.member_id, 'subject', 'run ' || t.run_id, 'kind', 'statement.ready', 'body', '{}'::jsonb)))
        FROM told AS t HAVING pg_catalog.count(*) > 0)
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('after', (SELECT CASE WHEN pg_catalog.count(*) = p_count THEN pg_catalog.max(t.member_id::text) END FROM told AS t)))
    FROM (SELECT pg_catalog.count(*) FROM said) AS s;
$$;
