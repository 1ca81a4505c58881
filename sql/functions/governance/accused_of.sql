-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whom a proposal would expel; NULL for all other proposals.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.accused_of(p governance.proposal) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (governance.effect_of(p.id) ->> 'member_id')::uuid WHERE p.type = 'expulsion';
$$;
