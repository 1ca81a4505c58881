-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the group of a purpose that public totals go by: the code right below the root of the tree, by the first of its parents where it has
--          several, so that no unit is in two groups.
-- Outcomes: none; the purpose itself where the tree does not know it.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.purpose_group(p_purpose text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT b.ancestor FROM licensing.purpose_below AS b JOIN licensing.purpose AS p ON p.code = b.ancestor
        WHERE b.code = p_purpose AND (SELECT pg_catalog.count(*) FROM licensing.purpose_below AS a WHERE a.code = b.ancestor) = 2
        ORDER BY p.position LIMIT 1), p_purpose);
$$;
