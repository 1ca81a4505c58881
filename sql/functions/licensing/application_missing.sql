-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: all that keeps an application from being submitted: members without a value, and questions without an answer in p_body.
-- Outcomes: none; NULL when nothing is missing.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.application_missing(p_id uuid, p_body jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_agg(licensing.field_error(m.pointer, m.detail) ORDER BY m.n) FROM (
        SELECT w.pointer, w.detail, w.n FROM licensing.application AS a CROSS JOIN LATERAL (VALUES
            (1, '/pool', 'say which pool', a.pool_id IS NULL), (2, '/purpose', 'say for which purpose', a.purpose IS NULL),
            (3, '/actions', 'name at least one action', pg_catalog.cardinality(a.actions) = 0),
            (4, '/columns', 'name at least one column', pg_catalog.cardinality(a.columns) = 0),
            (5, '/modes', 'name at least one mode', pg_catalog.cardinality(a.modes) = 0),
            (6, '/region', 'say where the data is processed', a.region IS NULL),
            (7, '/duration_days', 'say for how many days', a.duration_days IS NULL),
            (8, '/project', 'describe the project', a.project IS NULL)) AS w (n, pointer, detail, missing)
        WHERE a.id = p_id AND w.missing
        UNION ALL
        SELECT '/answers', 'question ' || (q.n - 1) || ' has no answer', 100 + q.n
        FROM (SELECT e.body FROM licensing.application_event AS e WHERE e.application_id = p_id AND e.to_state = 'returned' AND e.command = 'ask'
              AND NOT EXISTS (SELECT FROM licensing.application_event AS s WHERE s.application_id = p_id AND s.seq > e.seq AND s.command = 'submit')
              ORDER BY e.seq DESC LIMIT 1) AS k
        CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(COALESCE(k.body -> 'questions', '[]')) WITH ORDINALITY AS q (v, n)
        WHERE NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(COALESCE(p_body -> 'answers', '[]')) AS x (v)
                          WHERE (x.v ->> 'question')::integer = q.n - 1)) AS m;
$$;
