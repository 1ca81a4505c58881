-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of L8: months in which documents were stored. A digest holds their hashes and those of their bytes.
-- Outcomes: none; p_documents from audit.hash_documents; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_evidence(p_months date[], p_documents jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH stored AS (
        SELECT audit.month_of(e.stored_at) AS month, CASE WHEN p_months IS NULL OR audit.month_of(e.stored_at) = ANY (p_months) THEN
            pg_catalog.hashtextextended(e.sha256 || COALESCE(p_documents ->> e.sha256, pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex')), 0) END AS mark FROM payout.evidence AS e)
    SELECT s.month::text, s.month::text, CASE WHEN p_months IS NULL OR s.month = ANY (p_months) THEN audit.digest(pg_catalog.count(s.mark) || ',' || pg_catalog.sum(s.mark::numeric)) END FROM stored AS s GROUP BY s.month;
$$;
