-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is kept of the answers of a grant, newest first.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.earlier_answers(p_pool uuid, p_grant uuid) RETURNS TABLE (query_id uuid, sketch bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT a.query_id, a.sketch FROM metering.query_answer AS a WHERE a.pool_id = p_pool AND a.grant_id = p_grant ORDER BY a.query_id DESC;
$$;
