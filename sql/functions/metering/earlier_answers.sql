-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is kept of the answers to an organisation on a pool, under whichever grant, newest first. Of those kept before sums were (their first
--          byte is 1), which nothing can be compared with, the grant's own alone: a new grant was decided on by people who could know of them.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.earlier_answers(p_pool uuid, p_organisation uuid, p_grant uuid) RETURNS TABLE (query_id uuid, sketch bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.query_id, a.sketch
    FROM metering.query AS q JOIN metering.query_answer AS a ON a.pool_id = q.pool_id AND a.query_id = q.id
    WHERE q.pool_id = p_pool AND q.organisation_id = p_organisation AND (a.grant_id = p_grant OR pg_catalog.get_byte(a.sketch, 0) > 1)
    ORDER BY a.query_id DESC;
$$;
