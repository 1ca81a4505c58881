-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a page of stored Datasets in the order of the pools' refs, as text of three parts: a line with the hash of the page, a line
--          with the cursor of the next (empty: the last), and the Datasets parted by commas. Not JSON, so that half a megabyte is
--          neither parsed nor copied here.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_catalogue(p_limit integer, p_after text, OUT outcome text, OUT body text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH page AS MATERIALIZED (
        SELECT e.sort_key, e.etag, e.doc FROM licensing.catalogue_entry AS e
        WHERE e.doc IS NOT NULL AND e.sort_key > COALESCE(p_after, '')
        ORDER BY e.sort_key LIMIT p_limit),
    ends AS (
        SELECT pg_catalog.string_agg(g.etag, ',' ORDER BY g.sort_key) AS etags, pg_catalog.min(g.sort_key) AS first,
            (SELECT pg_catalog.max(g.sort_key) WHERE EXISTS (
                SELECT FROM licensing.catalogue_entry AS e WHERE e.doc IS NOT NULL AND e.sort_key > pg_catalog.max(g.sort_key))) AS next
        FROM page AS g),
    -- one aggregate over head and Datasets: half a megabyte and more is not concatenated twice
    parts AS (
        SELECT '' AS key, '' AS sep, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(
            COALESCE(d.etags, '') || ' ' || COALESCE(d.next, ''), 'UTF8')), 'hex') || E'\n' || COALESCE(d.next, '') || E'\n' AS text
        FROM ends AS d
        UNION ALL
        SELECT g.sort_key, CASE WHEN g.sort_key = d.first THEN '' ELSE ',' END, g.doc FROM page AS g, ends AS d)
    SELECT 'ok', pg_catalog.string_agg(p.text, p.sep ORDER BY p.key) FROM parts AS p;
$$;
