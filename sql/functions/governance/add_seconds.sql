-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a time plus the seconds a rule row names.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.add_seconds(p_at timestamptz, p_row jsonb, p_key text) RETURNS timestamptz
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p_at + (p_row ->> p_key)::bigint * interval '1 second';
$$;
