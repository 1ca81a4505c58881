-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: rows of a pool that consent covers now for a purpose and class, by notice floor: {"<floor>": rows}, for each floor of p_doc (terms).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.covered_rows(p_pool uuid, p_purpose text, p_class text, p_doc jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH given AS MATERIALIZED (
        SELECT v.notice, pg_catalog.sum(c.rows) AS rows
        FROM licensing.covered_contribution AS v JOIN licensing.contribution AS c ON c.id = v.contribution_id
        WHERE v.pool_id = p_pool AND v.purpose = p_purpose AND v.recipient_class = p_class AND (v.explicit OR NOT (p_doc ->> 'special_category')::boolean)
        GROUP BY v.notice)
    SELECT COALESCE(pg_catalog.jsonb_object_agg(f.floor::text,
        (SELECT COALESCE(pg_catalog.sum(g.rows), 0)::bigint FROM given AS g WHERE g.notice >= f.floor)), '{}')
    FROM (SELECT DISTINCT (r.v ->> 'notice_floor')::integer AS floor FROM pg_catalog.jsonb_array_elements(p_doc -> 'rules') AS r (v)
          WHERE r.v ? 'notice_floor') AS f;
$$;
