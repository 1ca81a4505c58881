-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a vote under this rule row, on todays members, would have to be sealed: secret by the row, and no class so
--          small that the row falls back to names.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.needs_sealing(p_rule jsonb) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_rule ->> 'secrecy' = 'sealed' AND NOT (p_rule ->> 'small_class' = 'named' AND p_rule ->> 'electorate' = 'all' AND EXISTS (
        SELECT FROM governance.member_standing AS s WHERE s.eligible GROUP BY s.class HAVING pg_catalog.count(*) BETWEEN 1 AND 4));
$$;
