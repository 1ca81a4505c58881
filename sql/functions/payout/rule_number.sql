-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a whole number of a document as numeric, NULL for anything else.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.rule_number(p_value jsonb) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN pg_catalog.jsonb_typeof(p_value) = 'number' AND p_value::text ~ '^-?[0-9]{1,18}$' THEN (p_value::text)::numeric END;
$$;
