-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an entry is matched only out of suspense, and goes back into suspense only from a match.
-- Outcomes: none; raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.refuse_match() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (SELECT m.kind IN ('suspense', 'suspense_debit') FROM payout.entry_match AS m WHERE m.entry_id = NEW.entry_id AND m.step = NEW.step - 1)
        IS NOT DISTINCT FROM (NEW.kind NOT IN ('suspense', 'suspense_debit')) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'bank entry % cannot be matched as % now', NEW.entry_id, NEW.kind USING ERRCODE = 'restrict_violation';
END
$$;
