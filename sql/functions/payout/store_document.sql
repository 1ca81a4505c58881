-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps the canonical text of a JSON document as evidence and returns its hash.
-- Outcomes: none.
-- Locks: those of payout.store_evidence.
CREATE OR REPLACE FUNCTION payout.store_document(p_doc jsonb) RETURNS text
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT payout.store_evidence('application/json', pg_catalog.convert_to(log.canonical(p_doc), 'UTF8'));
$$;
