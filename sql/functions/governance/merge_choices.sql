-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the opened ballots of a box say, equal choices of all classes together: [{choice, count}].
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.merge_choices(p_box text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('choice', c.choice, 'count', c.count) ORDER BY c.choice), '[]')
    FROM (SELECT o.choice, pg_catalog.sum(o.count) AS count
          FROM (SELECT x.choice, 1 AS count FROM governance.opened_choice AS x WHERE x.box = p_box
                UNION ALL SELECT m.choice, m.count FROM governance.opened_merged AS m WHERE m.box = p_box) AS o
          GROUP BY o.choice) AS c;
$$;
