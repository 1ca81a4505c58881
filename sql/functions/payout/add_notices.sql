-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: staged entries of a statement whose details came before it, by camt.054: the rules are tried on both. What is stored of the entry stays what the
--          statement says.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.add_notices(p_import uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE payout.import_entry AS e SET refs = COALESCE(e.refs, n.refs), numbers = COALESCE(e.numbers, n.numbers), return_reason = COALESCE(e.return_reason, n.return_reason),
        fee = GREATEST(e.fee, n.fee_minor), detail = CASE WHEN n.detail->'details' = '[]' THEN e.detail ELSE n.detail END
    FROM payout.import_statement AS s, payout.bank_notice AS n
    WHERE e.import = p_import AND s.import = p_import AND s.no = e.statement AND n.bank_account_id = s.bank_account_id AND n.servicer_ref = e.servicer_ref AND n.minor = e.minor
        AND n.id = (SELECT l.id FROM payout.bank_notice AS l WHERE l.bank_account_id = s.bank_account_id AND l.servicer_ref = e.servicer_ref AND l.minor = e.minor
            ORDER BY l.at DESC, l.id DESC LIMIT 1);
$$;
