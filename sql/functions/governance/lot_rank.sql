-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the place of a candidate in a draw: candidates of a class are seated in ascending order of this hash. The same in
--          services/governance/core/lot.c.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.lot_rank(p_seed text, p_appeal uuid, p_round integer, p_class text, p_volunteer uuid) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT governance.hash_text('commonhold-panel/1:' || p_seed || ':' || p_appeal || ':' || p_round || ':' || p_class || ':' || p_volunteer);
$$;
