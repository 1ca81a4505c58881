-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: kinds of transactions that follow an invoice, a bank entry or the end of a payment, line by line.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.document_kinds() RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY['invoice', 'credit_note', 'write_off', 'receipt', 'suspense', 'suspense_debit', 'batch_booked', 'returned', 'rejected', 'bank_fee', 'interest', 'dues',
        'grant', 'transfer', 'bank_reversal', 'match_reversed'];
$$;
