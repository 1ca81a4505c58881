-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the newest checkpoint, with the lines of the witnesses that have cosigned it.
-- Outcomes: ok with size and text; not_yet_logged before the first.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_checkpoint() RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', pg_catalog.jsonb_build_object('size', size, 'text', log.cosigned(size, text)))
                     FROM log.checkpoint ORDER BY size DESC LIMIT 1),
                    log.refusal('not_yet_logged', 'nothing has been signed yet'));
$$;
