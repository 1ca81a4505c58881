-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: L8 for the documents stored in one month: their bytes have their hash.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_evidence(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'evidence', x.sha256, 'bytes', x.sha256, x.hash, 'the stored document is not the one that was booked and logged: it was swapped; whoever got it may still have it'
    FROM (SELECT e.sha256, pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex') AS hash FROM payout.evidence AS e
          WHERE e.stored_at >= p_month::timestamp AT TIME ZONE 'UTC' AND e.stored_at < (p_month + '1 month'::interval) AT TIME ZONE 'UTC') AS x
    WHERE x.hash <> x.sha256;
$$;
