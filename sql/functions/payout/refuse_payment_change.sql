-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a payment goes forward; there is no way back to queued.
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
    IF (pg_catalog.to_jsonb(OLD) - '{state,booked_txn_id,entry_id,booked_on}'::text[])
        IS DISTINCT FROM (pg_catalog.to_jsonb(NEW) - '{state,booked_txn_id,entry_id,booked_on}'::text[]) THEN
        RAISE EXCEPTION 'payment % does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('queued', 'in_flight'), ('queued', 'cancelled'), ('in_flight', 'booked'),
        ('booked', 'returned'), ('in_flight', 'rejected')) THEN
        RAISE EXCEPTION 'payment % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
