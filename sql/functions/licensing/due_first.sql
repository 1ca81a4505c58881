-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether something is due before a pending grant may begin: an open invoice for the grant itself, or an overdue one of its licensee
--          (who owes the trust money gets no further grant first), unless the treasurer waived it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.due_first(p_grant licensing.data_grant) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM licensing.grant_event AS e WHERE e.grant_id = p_grant.id AND e.command = 'waive_fee')
        AND (EXISTS (SELECT FROM payout.open_invoice AS i WHERE i.grant_id = p_grant.id)
             OR EXISTS (SELECT FROM payout.open_invoice AS i WHERE i.licensee = p_grant.organisation_id
                        AND i.due_on < (pg_catalog.clock_timestamp() AT TIME ZONE 'UTC')::date));
$$;
