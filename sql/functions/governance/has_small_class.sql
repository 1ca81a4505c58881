-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a class would have 1 to 4 members on a roll taken now, too few for a secret.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.has_small_class(p governance.proposal) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM governance.electors(p) AS e GROUP BY e.class HAVING pg_catalog.count(*) BETWEEN 1 AND 4);
$$;
