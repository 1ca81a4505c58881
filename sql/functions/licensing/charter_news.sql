-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a later charter says that is new to members, so that its notice takes the next number: another text of the notice;
--          another purpose, legal basis, jurisdiction or recipient of the promise (the controller, but for its address and contact);
--          a longer retention; a further country; another special category; a new quasi or direct column. What only narrows, and
--          what is said to readers of the catalogue, is not news.
-- Outcomes: none; the charter's members and column:<name>, sorted.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.charter_news(p_old jsonb, p_new jsonb, p_columns text[]) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.array_agg(n.what ORDER BY n.what COLLATE "C"), '{}') FROM (
        SELECT k AS what FROM pg_catalog.unnest(ARRAY['notice', 'purpose_statement', 'legal_basis', 'jurisdiction', 'special_category',
            'collection_method', 'processing_method', 'rights', 'authority', 'necessity']) AS k
        WHERE p_new -> k IS DISTINCT FROM p_old -> k
        UNION ALL
        SELECT 'controller' WHERE (p_new -> 'controller') - ARRAY['address', 'contact']
            IS DISTINCT FROM (p_old -> 'controller') - ARRAY['address', 'contact']
        UNION ALL
        SELECT 'retention_days' WHERE (p_new ->> 'retention_days')::bigint > (p_old ->> 'retention_days')::bigint
        UNION ALL
        SELECT k FROM pg_catalog.unnest(ARRAY['storage_countries', 'processing_countries']) AS k
        WHERE NOT (p_new -> k) <@ (p_old -> k)
        UNION ALL
        SELECT 'column:' || c FROM pg_catalog.unnest(p_columns) AS c
    ) AS n;
$$;
