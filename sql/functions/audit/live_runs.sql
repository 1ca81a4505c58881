-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: runs that hold money: their inputs are frozen and they were not abandoned; with a text of the run, its rule and its inputs for
--          digests, NULL where the month is not among p_months (NULL: all are). p_documents from audit.hash_documents.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.live_runs(p_months date[], p_documents jsonb) RETURNS TABLE (id uuid, month date, text text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.id, r.service_month, CASE WHEN p_months IS NULL OR r.service_month = ANY (p_months) THEN pg_catalog.concat_ws('|', r::text,
        (SELECT pg_catalog.string_agg(COALESCE(p_documents ->> e.sha256, pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex')), ',' ORDER BY e.sha256) FROM payout.evidence AS e
         WHERE e.sha256 IN (r.rule_sha256, r.inputs_file_sha256, r.result_file_sha256)), audit.collected(r.id)) END
    FROM payout.run AS r WHERE r.inputs_sha256 IS NOT NULL AND r.state <> 'abandoned';
$$;
