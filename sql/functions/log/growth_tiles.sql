-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the tiles that a proof of the growth from p_old to p_size leaves needs: on each level the one above the last old leaf and the one at the
--          new tree's right edge.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.growth_tiles(p_old bigint, p_size bigint) RETURNS TABLE (level integer, number bigint, hashes text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT DISTINCT ON (w.level, w.number) w.level, w.number, pg_catalog.encode(t.hashes, 'hex')
    FROM (SELECT l, CASE WHEN l = 7 THEN 0 ELSE p >> (8 * (l + 1)) END
          FROM pg_catalog.generate_series(0, 7) AS l, (VALUES (p_old - 1), (p_size)) AS points (p)) AS w (level, number)
    JOIN log.tile AS t ON t.level = w.level AND t.number = w.number
    ORDER BY w.level, w.number, t.width DESC;
$$;
