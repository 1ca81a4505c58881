-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the newest checkpoint, where it is to be timestamped now.
-- Outcomes: ok with size, root and text, which are null when none is due.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.due_timestamp() RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', COALESCE((SELECT pg_catalog.jsonb_build_object('size', c.size, 'root', pg_catalog.encode(c.root, 'hex'), 'text', c.text)
                                      FROM log.checkpoint AS c WHERE log.timestamp_is_due(interval '7 days') ORDER BY c.size DESC LIMIT 1),
                                     '{"size":null,"root":null,"text":null}'));
$$;
