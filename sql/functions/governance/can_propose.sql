-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a member is among those who may propose under a rule row.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.can_propose(p_actor uuid, p_rule jsonb) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_catalog.jsonb_array_elements_text(p_rule -> 'proposers') AS w
        WHERE (w IN ('member', 'petition') AND governance.ineligibility(p_actor) IS NULL)
           OR (w IN ('board', 'council', 'treasurer', 'conduct') AND governance.is_office(p_actor, w)));
$$;
