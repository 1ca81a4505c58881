-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a clawback goes from open to posted, once; what it takes from whom does not change.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_clawback_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state = 'posted' OR (OLD.id, OLD.credit_txn_id, OLD.run, OLD.run_id, OLD.pool, OLD.minor)
        IS DISTINCT FROM (NEW.id, NEW.credit_txn_id, NEW.run, NEW.run_id, NEW.pool, NEW.minor) THEN
        RAISE EXCEPTION 'clawback % does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
