-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a tile of hashes of exactly this width, if a checkpoint had it: the beginning of the widest that is kept.
-- Outcomes: ok with hex; not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_tile(p_level integer, p_number bigint, p_width integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', pg_catalog.jsonb_build_object('hex', pg_catalog.encode(pg_catalog.substr(t.hashes, 1, p_width * 32), 'hex')))
                     FROM log.tile AS t WHERE t.level = p_level AND t.number = p_number AND t.width >= p_width AND log.had_tile(p_level, p_number, p_width)
                     ORDER BY t.width DESC LIMIT 1),
                    log.refusal('not_found', 'no checkpoint had this tile'));
$$;
