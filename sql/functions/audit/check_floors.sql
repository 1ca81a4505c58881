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
            ELSE COALESCE(pg_catalog.max(n.n) FILTER (WHERE n.origin = 'terms' AND n.origin_version = w.version), 1 + pg_catalog.max(n.n)) END AS n
        FROM now AS w JOIN licensing.notice AS n ON n.pool_id = w.pool_id GROUP BY w.before, w.version, w.from_at),
    rule AS (SELECT r.v FROM now AS w CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(w.doc -> 'rules') AS r (v) WHERE r.v ->> 'effect' <> 'prohibit'),
    kept AS MATERIALIZED (
        SELECT r.v ->> 'id' AS id, o.v AS then FROM now AS w CROSS JOIN rule AS r
        CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(w.before -> 'rules') AS o (v)
        WHERE o.v ->> 'effect' <> 'prohibit' AND audit.no_wider(w.doc, r.v, w.before, o.v)),
    pair AS MATERIALIZED (
        SELECT p.code, c.class, w.before IS NOT NULL AND audit.is_open(w.before, p.code, c.class) AND NOT audit.lifts_prohibition(w.doc, w.before, p.code, c.class)
            AND NOT EXISTS (SELECT a.act FROM pg_catalog.jsonb_array_elements_text(w.before -> 'prohibited_acts') AS a (act)
                            WHERE a.act IN ('reidentify', 'link_personal', 'profile_persons', 'decide_on_persons', 'transfer_onward', 'sell_data', 'train_gpai')
                            EXCEPT SELECT pg_catalog.jsonb_array_elements_text(w.doc -> 'prohibited_acts')) AS may_stay
        FROM now AS w CROSS JOIN licensing.purpose AS p CROSS JOIN pg_catalog.unnest(audit.known_words('org_classes')) AS c (class)
        WHERE p.assignable AND audit.is_open(w.doc, p.code, c.class))
    SELECT 'terms', p_unit, 'notice_floor of ' || x.id, '>= ' || pg_catalog.max(x.need), x.floor::text,
        'the rule counts consents of members who were never told what it gives: ' || pg_catalog.string_agg(x.code || ' ' || x.class, ', ' ORDER BY x.code, x.class)
    FROM (
        SELECT r.v ->> 'id' AS id, (r.v ->> 'notice_floor')::integer AS floor, p.code, p.class,
            COALESCE((SELECT pg_catalog.min((k.then ->> 'notice_floor')::integer) FROM kept AS k
                      WHERE k.id = r.v ->> 'id' AND p.may_stay AND audit.touches(k.then, p.code, p.class)), n.n) AS need
        FROM rule AS r CROSS JOIN notice AS n JOIN pair AS p ON audit.touches(r.v, p.code, p.class)) AS x
    WHERE x.floor < x.need GROUP BY x.id, x.floor;
$$;
