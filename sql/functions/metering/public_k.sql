-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: fewest members that a public total of a month of a pool rests on: the largest min_cohort of the grants that were used and of the
--          terms in force, at least 5.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.public_k(p_pool uuid, p_ref text, p_month date) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT GREATEST(5,
        (SELECT pg_catalog.max(c.min_cohort) FROM licensing.cohort_overview AS c
         WHERE c.grant_id IN (SELECT u.grant_id FROM metering.sealed_usage AS u WHERE u.pool_id = p_pool AND u.month = p_month)),
        (SELECT pg_catalog.max((r.v ->> 'min_cohort')::integer) FROM governance.terms_in_force AS t,
            pg_catalog.jsonb_array_elements(CASE pg_catalog.jsonb_typeof(t.doc -> 'rules') WHEN 'array' THEN t.doc -> 'rules' ELSE '[]' END) AS r (v)
         WHERE t.pool = p_ref AND t.from_at <= pg_catalog.now() AND (t.until_at IS NULL OR t.until_at > pg_catalog.now())));
$$;
