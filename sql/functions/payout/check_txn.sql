-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: at commit, once for each transaction: count, sum and debit total of its postings. Its plan is kept (the month picks the partition when it runs)
--          and goes by the index, since a month begins without figures for the planner.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_txn() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
    v_count bigint;
    v_sum numeric;
    v_debit numeric;
BEGIN
    SELECT pg_catalog.count(*), COALESCE(pg_catalog.sum(minor), 0), COALESCE(pg_catalog.sum(minor) FILTER (WHERE minor > 0), 0)
    INTO v_count, v_sum, v_debit
    FROM payout.posting WHERE month = NEW.month AND txn_id = NEW.txn_id;
    IF v_sum <> 0 OR v_count <> NEW.postings OR v_debit <> NEW.debit_minor THEN
        RAISE EXCEPTION 'transaction %: % postings, sum %, debit % do not agree with its header', NEW.txn_id, v_count, v_sum, v_debit
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END
$$;
