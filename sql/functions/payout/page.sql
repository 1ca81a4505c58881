-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a list's answer: the items and the cursor behind the last, when the page is full.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.page(p_items jsonb, p_limit integer, p_key text) RETURNS log.answer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(p_items, '[]'),
        'next', CASE WHEN pg_catalog.jsonb_array_length(COALESCE(p_items, '[]')) >= p_limit THEN p_items->-1->>p_key END));
$$;
