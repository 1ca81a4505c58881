-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the verifier keys of this log, newest first.
-- Outcomes: ok with items.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_keys() RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
               'vkey', vkey, 'from', log.time_text(from_at), 'until', log.time_text(until_at), 'reason', reason) ORDER BY from_at DESC), '[]')))
    FROM log.key;
$$;
