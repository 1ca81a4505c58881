-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N6 for one version of terms: no rule counts consents that were given before a notice which says what the rule gives. For each
--          purpose and class that a rule opens, the floor of a rule of the version before that gave as much may stay; else it is the
--          notice that came with this version (with the first version: the one that stood then).
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_floors(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH now AS (
        SELECT t.pool, t.version, t.doc, t.from_at, l.pool_id, (SELECT o.doc FROM governance.terms_version AS o
            WHERE o.pool = t.pool AND o.version < t.version ORDER BY o.version DESC LIMIT 1) AS before
        FROM governance.terms_version AS t JOIN licensing.pool AS l ON l.ref = t.pool
        WHERE t.pool = pg_catalog.split_part(p_unit, ' ', 1) AND t.version = pg_catalog.split_part(p_unit, ' ', 2)::integer),
    notice AS (
        SELECT CASE WHEN w.before IS NULL THEN pg_catalog.max(n.n) FILTER (WHERE n.origin = 'charter' AND n.at <= w.from_at)
            ELSE COALESCE(pg_catalog.max(n.n) FILTER (WHERE n.origin = 'terms' AND n.origin_version = w.version), 1 + pg_catalog.max(n.n)) END AS floor
        FROM now AS w JOIN licensing.notice AS n ON n.pool_id = w.pool_id GROUP BY w.before, w.version, w.from_at),
    new AS MATERIALIZED (SELECT r.* FROM now AS w CROSS JOIN LATERAL audit.reach(w.doc) AS r),
    old AS MATERIALIZED (SELECT r.* FROM now AS w CROSS JOIN LATERAL audit.reach(w.before) AS r),
    new_rule AS MATERIALIZED (SELECT DISTINCT x.n, x.rule, x.prohibits FROM new AS x),
    old_rule AS MATERIALIZED (SELECT DISTINCT x.n, x.rule, x.prohibits FROM old AS x),
    -- What terms open: some rule gives it, and no outright prohibition takes it away.
    opens AS (
        SELECT x.purpose, x.org_class FROM new AS x GROUP BY x.purpose, x.org_class
        HAVING pg_catalog.bool_or(NOT x.prohibits) AND NOT pg_catalog.bool_or(x.outright)),
    opened AS (
        SELECT x.purpose, x.org_class FROM old AS x GROUP BY x.purpose, x.org_class
        HAVING pg_catalog.bool_or(NOT x.prohibits) AND NOT pg_catalog.bool_or(x.outright)),
    -- Prohibitions that forbid at least what one of the terms before did.
    upheld AS MATERIALIZED (
        SELECT o.n AS old, n.n AS new FROM old_rule AS o JOIN new_rule AS n ON o.prohibits AND n.prohibits
            AND (NOT n.rule ? 'actions' OR o.rule -> 'actions' <@ (n.rule -> 'actions')) AND (NOT n.rule ? 'modes' OR o.rule -> 'modes' <@ (n.rule -> 'modes'))
            AND audit.places(o.rule -> 'regions') <@ audit.places(n.rule -> 'regions')
            AND (COALESCE(n.rule -> 'conditions', '[]') = '[]' OR n.rule -> 'conditions' = o.rule -> 'conditions')),
    act_allowed AS (
        SELECT a.act FROM now AS w CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(w.before -> 'prohibited_acts') AS a (act)
        WHERE a.act IN ('reidentify', 'link_personal', 'profile_persons', 'decide_on_persons', 'transfer_onward', 'sell_data', 'train_gpai')
            AND NOT COALESCE(w.doc -> 'prohibited_acts' ? a.act, false)),
    -- Where a floor of the terms before may stay: open then too, and nothing that was forbidden is let go of.
    stays AS MATERIALIZED (
        SELECT x.purpose, x.org_class FROM opened AS x WHERE NOT EXISTS (SELECT FROM act_allowed)
        EXCEPT
        SELECT o.purpose, o.org_class FROM old AS o WHERE o.prohibits AND NOT EXISTS (
            SELECT FROM upheld AS u JOIN new AS n ON n.n = u.new WHERE u.old = o.n AND n.purpose = o.purpose AND n.org_class = o.org_class)),
    -- The lowest floor of the rules before that gave as much, purpose by purpose and class by class.
    kept AS MATERIALIZED (
        SELECT n.n, s.purpose, s.org_class, pg_catalog.min((o.rule ->> 'notice_floor')::integer) AS floor
        FROM now AS w CROSS JOIN new_rule AS n JOIN old_rule AS o ON NOT n.prohibits AND NOT o.prohibits AND audit.no_wider(w.doc, n.rule, w.before, o.rule)
        JOIN old AS s ON s.n = o.n JOIN stays USING (purpose, org_class)
        GROUP BY n.n, s.purpose, s.org_class)
    SELECT 'terms', p_unit, 'notice_floor of ' || x.id, '>= ' || pg_catalog.max(x.need), x.floor::text,
        'the rule counts consents of members who were never told what it gives: ' || pg_catalog.string_agg(x.purpose || ' ' || x.org_class, ', ' ORDER BY x.purpose, x.org_class)
    FROM (
        SELECT r.rule ->> 'id' AS id, (r.rule ->> 'notice_floor')::integer AS floor, r.purpose, r.org_class, COALESCE(k.floor, t.floor) AS need
        FROM new AS r JOIN opens USING (purpose, org_class) CROSS JOIN notice AS t LEFT JOIN kept AS k USING (n, purpose, org_class)
        WHERE NOT r.prohibits) AS x
    WHERE x.floor < x.need GROUP BY x.id, x.floor;
$$;
