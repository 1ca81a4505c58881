-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the lines of a recomputed run: what every step gave each recipient, and its canonical text.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.expected_line(p_rule jsonb) RETURNS TABLE (id text, minor numeric, line text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT g.id, pg_catalog.sum(g.minor), '{"amount":' || pg_catalog.sum(g.minor) || ',"id":"' || g.id || '","steps":['
        || pg_catalog.string_agg('{"amount":' || g.minor || ',"id":"' || s.id || '"}', ',' ORDER BY g.step) || ']}'
    FROM (SELECT w.step, w.id, pg_catalog.sum(w.minor) AS minor FROM audit.work_given AS w GROUP BY w.step, w.id) AS g
    JOIN (SELECT e.ordinality - 1 AS step, e.value->>'id' AS id FROM pg_catalog.jsonb_array_elements(p_rule->'steps') WITH ORDINALITY AS e) AS s ON s.step = g.step
    GROUP BY g.id;
$$;
