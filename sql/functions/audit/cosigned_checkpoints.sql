-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: checkpoints with the lines of their witnesses: the newest that was published an hour before p_as_of, and all behind it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.cosigned_checkpoints(p_as_of timestamptz) RETURNS TABLE (size bigint, text text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.size, c.text || COALESCE((SELECT pg_catalog.string_agg(s.line, '' ORDER BY s.vkey) FROM log.cosignature AS s WHERE s.size = c.size AND s.root = c.root), '')
    FROM log.checkpoint AS c
    WHERE c.size >= (SELECT pg_catalog.max(d.size) FROM log.checkpoint AS d WHERE d.at <= p_as_of - interval '1 hour');
$$;
