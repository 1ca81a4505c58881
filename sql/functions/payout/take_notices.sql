-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps the details a staged camt.054 adds to entries, found by account, AcctSvcrRef and amount, and leaves staged those of entries that wait in suspense,
--          so that the rules are tried on them again. A notice books nothing that no statement has booked.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.take_notices(p_import uuid, p_sha256 text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.bank_notice (id, bank_account_id, file_sha256, no, servicer_ref, minor, fee_minor, reference, return_reason, refs, numbers, detail)
    SELECT e.entry_id, s.bank_account_id, p_sha256, pg_catalog.row_number() OVER (ORDER BY e.statement, e.ordinal), e.servicer_ref, e.minor, e.fee, e.reference, e.return_reason,
        e.refs, e.numbers, e.detail
    FROM payout.import_entry AS e JOIN payout.import_statement AS s ON s.import = p_import AND s.no = e.statement
    WHERE e.import = p_import AND e.servicer_ref IS NOT NULL;
    UPDATE payout.import_entry AS e SET entry_id = w.id, first_txn = w.txn_id
    FROM (SELECT DISTINCT ON (b.id) n.statement, n.ordinal, b.id, f.txn_id
          FROM payout.import_entry AS n JOIN payout.import_statement AS s ON s.import = p_import AND s.no = n.statement
          JOIN payout.bank_entry AS b ON b.servicer_ref = n.servicer_ref AND b.minor = n.minor
          JOIN payout.bank_statement AS t ON t.id = b.statement_id AND t.bank_account_id = s.bank_account_id
          JOIN payout.entry_match AS f ON f.entry_id = b.id AND f.step = 1
          WHERE n.import = p_import AND payout.in_suspense(b.id)
          ORDER BY b.id, n.statement, n.ordinal) AS w
    WHERE e.import = p_import AND e.statement = w.statement AND e.ordinal = w.ordinal;
    DELETE FROM payout.import_entry WHERE import = p_import AND first_txn IS NULL;
$$;
