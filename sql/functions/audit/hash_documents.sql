-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: {hash a document is stored under: hash of its bytes} of the long ones, which take seconds to hash: so once an audit for all checks.
-- Outcomes: none; of documents stored in p_months (NULL: of all).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.hash_documents(p_months date[]) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.jsonb_object_agg(e.sha256, pg_catalog.encode(pg_catalog.sha256(e.bytes), 'hex')), '{}') FROM payout.evidence AS e
    WHERE pg_catalog.octet_length(e.bytes) > 1048576 AND (p_months IS NULL OR audit.month_of(e.stored_at) = ANY (p_months));
$$;
