-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a generalisation shows no more than another (licensing.md 3.2). Texts that are none count as drop.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.no_finer(p_new text, p_old text) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN n.kind = 'drop' OR o.kind = 'keep' THEN true
        WHEN n.kind <> o.kind THEN false
        WHEN n.kind = 'trunc' THEN (n.rest, o.rest) IN (SELECT a.unit, b.unit FROM (VALUES ('year', 1), ('quarter', 2), ('month', 3), ('day', 4), ('hour', 5), ('minute', 6)) AS a (unit, n)
            JOIN (VALUES ('year', 1), ('quarter', 2), ('month', 3), ('day', 4), ('hour', 5), ('minute', 6)) AS b (unit, n) ON a.n <= b.n
            UNION VALUES ('week', 'week'), ('week', 'day'), ('week', 'hour'), ('week', 'minute'))
        WHEN n.kind = 'bin' THEN pg_catalog.split_part(n.rest, '@', 1)::numeric % pg_catalog.split_part(o.rest, '@', 1)::numeric = 0
            AND COALESCE(NULLIF(pg_catalog.split_part(n.rest, '@', 2), ''), '0') = COALESCE(NULLIF(pg_catalog.split_part(o.rest, '@', 2), ''), '0')
        WHEN n.kind IN ('round', 'prefix') THEN n.rest::integer <= o.rest::integer
        ELSE false END
    FROM (SELECT pg_catalog.split_part(COALESCE(p_new, 'drop'), ':', 1) AS kind, pg_catalog.split_part(p_new, ':', 2) AS rest) AS n
    CROSS JOIN (SELECT pg_catalog.split_part(COALESCE(p_old, 'drop'), ':', 1) AS kind, pg_catalog.split_part(p_old, ':', 2) AS rest) AS o;
$$;
