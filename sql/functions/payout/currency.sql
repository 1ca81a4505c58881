-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the one book currency: that of the charter in force.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.currency() RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT currency::text FROM governance.charter_in_force);
END
$$;
