-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N1 for one unit: a row is in a pool's table only with a contribution that was accepted; a rejected file leaves none; rows of an
--          ended contribution are all there until they are all gone, and gone within 72 hours.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_rows(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH contribution AS MATERIALIZED (
        SELECT c.id, c.pool_id, c.state, c.rows, c.state IN ('superseded', 'withdrawn', 'erased') AND c.ended_at >= pg_catalog.now() - interval '72 hours' AS held
        FROM licensing.contribution AS c
        WHERE c.pool_id = pg_catalog.split_part(p_unit, ' ', 1)::uuid AND p_unit NOT LIKE '% strays'
            AND audit.month_of(COALESCE(c.ended_at, c.decided_at, c.created_at))::text = pg_catalog.split_part(p_unit, ' ', 2)),
    counted AS MATERIALIZED (
        SELECT r.id, r.rows FROM audit.count_rows(pg_catalog.split_part(p_unit, ' ', 1)::uuid, (SELECT pg_catalog.array_agg(c.id) FROM contribution AS c)) AS r)
    SELECT 'contribution', x.id::text, 'rows', CASE WHEN x.held THEN x.due || CASE WHEN x.due > 0 THEN ' or 0' ELSE '' END ELSE x.due::text END, x.rows::text,
        'rows stand in the pool''s table that no accepted contribution brought, or rows of one are missing or overdue to be deleted'
    FROM (SELECT c.id, COALESCE(n.rows, 0) AS rows, c.held, CASE WHEN c.state = 'accepted' OR c.held THEN COALESCE(c.rows, 0) ELSE 0 END AS due
          FROM contribution AS c LEFT JOIN counted AS n USING (id)) AS x
    WHERE x.rows <> x.due AND NOT (x.held AND x.rows = 0)
    UNION ALL
    SELECT 'contribution', o.id::text, 'contribution', 'an accepted contribution', 'none',
        'rows in the pool''s table name a contribution that the pool does not have'
    FROM audit.owners_of_rows(pg_catalog.split_part(p_unit, ' ', 1)::uuid) AS o (id)
    WHERE p_unit LIKE '% strays' AND NOT EXISTS (SELECT FROM licensing.contribution AS c
        WHERE c.id = o.id AND c.pool_id = pg_catalog.split_part(p_unit, ' ', 1)::uuid);
$$;
