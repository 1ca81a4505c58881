-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a vote, on todays members, would have to be sealed: secret by its rule row, and no class so
--          small that the row falls back to names.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.needs_sealing(p governance.proposal) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.rule ->> 'secrecy' = 'sealed' AND NOT (p.rule ->> 'small_class' = 'named' AND governance.has_small_class(p));
$$;
