-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the postings that take an entry out of suspense, whole, onto one account.
-- Outcomes: postings.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.suspense_lines(p_entry payout.bank_entry, p_path text) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_array(
        pg_catalog.jsonb_build_object('path', CASE WHEN p_entry.minor > 0 THEN 'Liabilities:Suspense:Unmatched' ELSE 'Assets:Suspense:Debit' END, 'minor', p_entry.minor),
        pg_catalog.jsonb_build_object('path', p_path, 'minor', -p_entry.minor));
$$;
