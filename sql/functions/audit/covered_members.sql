-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sixth step of an evaluation of terms (licensing.md 3.1, 7): members whose latest deciding events at the request's instant all
--          permit, are not past their end, cite a notice from the floor on, and are explicit in a special-category pool.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.covered_members(p_input jsonb, p_floor numeric) RETURNS bigint
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH deciding AS (
        SELECT e.v, pg_catalog.rank() OVER (PARTITION BY e.v ->> 'member' ORDER BY audit.seconds(e.v ->> 'at') DESC) AS place
        FROM pg_catalog.jsonb_array_elements(p_input -> 'consents') AS e (v)
        WHERE e.v ->> 'pool' = p_input #>> '{terms,pool}' AND e.v ->> 'purpose' = p_input #>> '{request,purpose}'
            AND e.v ->> 'recipient_class' = p_input #>> '{request,org_class}' AND e.v ->> 'state' NOT IN ('requested', 'deferred')
            AND audit.seconds(e.v ->> 'at') <= audit.seconds(p_input #>> '{request,at}'))
    SELECT pg_catalog.count(*) FROM (
        SELECT FROM deciding AS d WHERE d.place = 1 GROUP BY d.v ->> 'member'
        HAVING pg_catalog.bool_and(d.v ->> 'state' IN ('given', 'renewed') AND (d.v ->> 'notice')::numeric >= p_floor
            AND (d.v ->> 'until' IS NULL OR audit.seconds(p_input #>> '{request,at}') < audit.seconds(d.v ->> 'until'))
            AND (d.v ->> 'type' = 'explicit' OR d.v ->> 'type' = 'expressed' AND NOT (p_input #>> '{terms,special_category}')::boolean))) AS member;
$$;
