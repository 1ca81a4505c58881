-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: of which kind a member's account is: what follows the member's id (36 characters) in the path, nothing for what the member owes. NULL: an account of the trust.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.account_class(p_owner uuid, p_path text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN p_owner <> '00000000-0000-0000-0000-000000000000'
        THEN pg_catalog.substr(p_path, pg_catalog.length(CASE WHEN p_path LIKE 'Assets:%' THEN 'Assets:Receivable:Member:' ELSE 'Liabilities:Member:' END) + 37) END;
$$;
