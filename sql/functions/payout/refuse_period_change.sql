-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a period goes open, closing, closed and never back.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_period_change() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.month <> NEW.month
       OR (OLD.state, NEW.state) NOT IN (('open', 'closing'), ('closing', 'closed'), ('open', 'open')) THEN
        RAISE EXCEPTION 'period % cannot go from % to %', OLD.month, OLD.state, NEW.state USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$;
