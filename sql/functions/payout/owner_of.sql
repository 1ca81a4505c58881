-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whose an account is, by its path: the member named in it, or all zeros for the trust.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.owner_of(p_path text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_path LIKE 'Liabilities:Member:%' OR p_path LIKE 'Assets:Receivable:Member:%'
        THEN pg_catalog.substring(p_path, '^(?:Liabilities:Member|Assets:Receivable:Member):([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?::|$)')::uuid
        ELSE '00000000-0000-0000-0000-000000000000'::uuid END;
$$;
