-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: before a bank file is read: may this person import, and in which currency is the book.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.open_import(p_actor uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer imports bank statements');
    END IF;
    RETURN log.answer('ok', payout.begin_import());
END
$$;
