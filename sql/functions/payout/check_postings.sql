-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: behind each statement that books: every posting belongs to a header, and the header counts all postings there are.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_postings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_txn uuid;
BEGIN
    SELECT a.txn_id INTO v_txn
    FROM (SELECT DISTINCT month, txn_id FROM added) AS a LEFT JOIN payout.txn AS t ON t.month = a.month AND t.txn_id = a.txn_id
    WHERE t.postings IS DISTINCT FROM (SELECT pg_catalog.count(*) FROM payout.posting AS p WHERE p.month = a.month AND p.txn_id = a.txn_id)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'transaction %: its header does not count these postings', v_txn USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
