-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: throws away what was staged of a bank file.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.drop_import(p_import uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM payout.import_txn WHERE import = p_import;
    DELETE FROM payout.import_match WHERE import = p_import;
    DELETE FROM payout.import_payment WHERE import = p_import;
    DELETE FROM payout.import_invoice WHERE import = p_import;
    DELETE FROM payout.import_slice WHERE import = p_import;
    DELETE FROM payout.import_claim WHERE import = p_import;
    DELETE FROM payout.import_entry WHERE import = p_import;
    DELETE FROM payout.import_statement WHERE import = p_import;
    DELETE FROM payout.import_piece WHERE import = p_import;
$$;
