-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: fields of an invoice's document that are columns of the same name.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.invoice_fields() RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY['id', 'kind', 'series', 'no', 'licensee', 'grant_id', 'issued_on', 'due_on', 'reference', 'net', 'vat', 'gross', 'buyer', 'seller', 'reason'];
$$;
