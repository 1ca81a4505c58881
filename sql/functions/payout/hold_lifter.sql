-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: who can lift a hold, for people.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.hold_lifter(p_reason text) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_reason
        WHEN 'BankMissing' THEN 'the member, with a payee account'
        WHEN 'Returned' THEN 'the treasurer, when the member has a payee account that works'
        WHEN 'Rejected' THEN 'the treasurer, when the member has a payee account that works'
        WHEN 'Unclaimed' THEN 'the treasurer, when the member asks for it and has a payee account'
        WHEN 'Dispute' THEN 'the treasurer, by settling the dispute'
        WHEN 'below_minimum' THEN 'nobody needs to: it is paid when the minimum is reached'
        WHEN 'cool_down' THEN 'nobody needs to: it is paid when the account is usable'
        ELSE 'the treasurer' END;
$$;
