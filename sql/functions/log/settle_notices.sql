-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what shall not be sent any more: it was sent (p_why NULL), or why it never is.
-- Outcomes: none; how many were settled.
-- Locks: the rows.
CREATE OR REPLACE FUNCTION log.settle_notices(p_ids bigint[], p_why text) RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH settled AS (UPDATE log.outbox SET done_at = pg_catalog.clock_timestamp(), last_error = p_why
        WHERE id = ANY (p_ids) AND topic = 'notice' AND done_at IS NULL RETURNING id)
    SELECT pg_catalog.count(*) FROM settled;
$$;
