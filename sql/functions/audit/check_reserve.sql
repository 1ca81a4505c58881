-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A6 of all debits of the legal reserve: each within a resolution that was in force for it then, or within what the distribution it
--          claws back had given.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_reserve(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'txn', d.txn_id::text, 'debit of Equity:Reserve:Legal', COALESCE(d.allowed, 0)::text, d.minor::text, (d.minor - COALESCE(d.allowed, 0))::bigint, 'unknown',
        CASE WHEN d.resolution IS NULL THEN 'the reserve was debited without a resolution' ELSE 'the reserve was debited beyond what resolution ' || d.resolution || ' allowed then' END
    FROM audit.reserve_debits() AS d WHERE p_unit = 'reserve' AND d.minor > COALESCE(d.allowed, 0);
$$;
