-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the bank account that a transaction moved: stands for that of an entry whose statement is not there, which is told by itself.
-- Outcomes: ? where it moved none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.bank_of(p_txn uuid) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(pg_catalog.substr(pg_catalog.min(a.path), 13), '?')
    FROM payout.posting AS p JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id WHERE p.txn_id = p_txn AND a.path LIKE 'Assets:Bank:%';
$$;
