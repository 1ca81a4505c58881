-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a text that ends with the checkpoint of p_size, with the lines of the witnesses that cosigned it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.cosigned(p_size bigint, p_text text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_text || COALESCE((SELECT pg_catalog.string_agg(s.line, '' ORDER BY s.vkey)
                               FROM log.checkpoint AS c JOIN log.cosignature AS s ON s.size = c.size AND s.root = c.root WHERE c.size = p_size), '');
$$;
