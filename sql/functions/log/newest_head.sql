-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the newest signed tree head with its time: {size, root, at}; NULL before the first.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.newest_head() RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('size', c.size, 'root', pg_catalog.encode(c.root, 'hex'), 'at', log.time_text(c.at))
    FROM log.checkpoint AS c ORDER BY c.size DESC LIMIT 1;
$$;
