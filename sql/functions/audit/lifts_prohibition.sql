-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether new terms let go of something the old ones prohibited for a purpose and class.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.lifts_prohibition(p_new jsonb, p_old jsonb, p_purpose text, p_class text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_catalog.jsonb_array_elements(p_old -> 'rules') AS o (v)
        WHERE o.v ->> 'effect' = 'prohibit' AND audit.touches(o.v, p_purpose, p_class) AND NOT EXISTS (
            SELECT FROM pg_catalog.jsonb_array_elements(p_new -> 'rules') AS n (v)
            WHERE n.v ->> 'effect' = 'prohibit' AND audit.touches(n.v, p_purpose, p_class)
                AND (NOT n.v ? 'actions' OR COALESCE(o.v -> 'actions' <@ (n.v -> 'actions'), false))
                AND (NOT n.v ? 'modes' OR COALESCE(o.v -> 'modes' <@ (n.v -> 'modes'), false))
                AND audit.places(o.v -> 'regions') <@ audit.places(n.v -> 'regions')
                AND (COALESCE(n.v -> 'conditions', '[]') = '[]' OR n.v -> 'conditions' = o.v -> 'conditions')));
$$;
