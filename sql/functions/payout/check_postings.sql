-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: behind each statement that books: every posting belongs to a header, and the header counts all postings there are. Month by month, so that no other
--          partition is opened; by its index, since a month begins without figures for the planner.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_postings() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_months date[] := (SELECT pg_catalog.array_agg(DISTINCT a.month) FROM added AS a);
    v_month date;
    v_txn uuid;
BEGIN
    FOREACH v_month IN ARRAY COALESCE(v_months, '{}') LOOP
        SELECT a.txn_id INTO v_txn
        FROM (SELECT DISTINCT txn_id FROM added WHERE month = v_month) AS a LEFT JOIN payout.txn AS t ON t.month = v_month AND t.txn_id = a.txn_id
        WHERE t.postings IS DISTINCT FROM (SELECT pg_catalog.count(*) FROM payout.posting AS p WHERE p.month = v_month AND p.txn_id = a.txn_id)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'transaction %: its header does not count these postings', v_txn USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
