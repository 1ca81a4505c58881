-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a tile of hashes of exactly this width, if a checkpoint had it.
-- Outcomes: ok with hex; not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_tile(p_level integer, p_number bigint, p_width integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', pg_catalog.jsonb_build_object('hex', pg_catalog.encode(hashes, 'hex')))
                     FROM log.tile WHERE level = p_level AND number = p_number AND width = p_width),
                    log.refusal('not_found', 'no checkpoint had this tile'));
$$;
