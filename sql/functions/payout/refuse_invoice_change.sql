-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an issued invoice changes nothing but its state, and that forward; backward only when a receipt was matched wrongly.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_invoice_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_as_before payout.invoice;
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'invoices are never deleted' USING ERRCODE = 'restrict_violation';
    END IF;
    v_as_before := NEW;
    v_as_before.state := OLD.state;
    IF OLD.state <> 'draft' AND OLD IS DISTINCT FROM v_as_before THEN
        RAISE EXCEPTION 'invoice % is issued and does not change', OLD.id USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (('draft', 'issued'), ('issued', 'part_paid'), ('issued', 'paid'),
        ('part_paid', 'paid'), ('paid', 'part_paid'), ('paid', 'issued'), ('part_paid', 'issued'), ('issued', 'credited'), ('part_paid', 'credited'), ('paid', 'credited'), ('issued', 'written_off'),
        ('part_paid', 'written_off')) THEN
        RAISE EXCEPTION 'invoice % cannot go from % to %', OLD.id, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
