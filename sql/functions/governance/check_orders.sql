-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what is wrong with the orders about grants that an effect carries: they are the board's, and about grants that exist.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_orders(p_type text, p_effect jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN pg_catalog.jsonb_array_length(COALESCE(p_effect -> 'grant_orders', '[]')) = 0 THEN '[]'::jsonb
        WHEN p_type <> 'board_decision' THEN '[{"pointer": "/effect/grant_orders", "detail": "only a board decision gives orders about grants"}]'::jsonb
        ELSE (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pointer', '/effect/grant_orders/' || (o.n - 1) || '/grant',
                  'detail', CASE WHEN g.grant_id IS NULL THEN 'no such grant' ELSE 'another order of this decision is about this grant' END) ORDER BY o.n), '[]')
              FROM pg_catalog.jsonb_array_elements(p_effect -> 'grant_orders') WITH ORDINALITY AS o (v, n)
              LEFT JOIN licensing.grant_overview AS g ON g.grant_id = (o.v ->> 'grant')::uuid
              WHERE g.grant_id IS NULL OR EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_effect -> 'grant_orders') WITH ORDINALITY AS e (v, n)
                  WHERE e.n < o.n AND (e.v ->> 'grant')::uuid = (o.v ->> 'grant')::uuid)) END;
$$;
