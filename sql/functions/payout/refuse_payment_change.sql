-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a payment goes forward; there is no way back to queued. What waits for a batch is placed in one, once.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_payment_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'payments are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.id, OLD.member_id, OLD.bill_id, OLD.minor, OLD.end_to_end_id, OLD.uetr, OLD.retries)
        IS DISTINCT FROM (NEW.id, NEW.member_id, NEW.bill_id, NEW.minor, NEW.end_to_end_id, NEW.uetr, NEW.retries)
        OR (OLD.batch_id IS NOT NULL AND (OLD.batch_id, OLD.payee_account_id) IS DISTINCT FROM (NEW.batch_id, NEW.payee_account_id))
        OR (OLD.ended_txn_id IS NOT NULL AND OLD.ended_txn_id IS DISTINCT FROM NEW.ended_txn_id)
        OR (OLD.booked_txn_id IS NOT NULL AND (OLD.booked_txn_id, OLD.entry_id, OLD.booked_on) IS DISTINCT FROM (NEW.booked_txn_id, NEW.entry_id, NEW.booked_on)) THEN
        RAISE EXCEPTION 'payment % does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('queued', 'in_flight'), ('queued', 'cancelled'), ('in_flight', 'booked'),
        ('booked', 'returned'), ('in_flight', 'rejected')) THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
