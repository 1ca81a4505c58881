-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a checkpoint had this tile in this width: 256 once it was full, fewer when a signed size ended in it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.had_tile(p_level integer, p_number bigint, p_width integer) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_shift CONSTANT integer := 8 * p_level;
    v_last bigint := (SELECT pg_catalog.max(c.size) FROM log.checkpoint AS c) >> c_shift;
    v_end bigint;
BEGIN
    -- First the number alone, so that the product cannot pass a bigint.
    IF v_last IS NULL OR p_number > v_last >> 8 OR v_last < p_number * 256 + p_width THEN
        RETURN false;
    END IF;
    v_end := p_number * 256 + p_width;
    RETURN p_width = 256 OR EXISTS (SELECT FROM log.checkpoint AS c WHERE c.size >= v_end << c_shift AND c.size < (v_end + 1) << c_shift);
END
$$;
