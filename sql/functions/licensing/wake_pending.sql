-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: has licensing's clock look now at the grants of an organisation that wait for what is due first.
-- Outcomes: none.
-- Locks: the rows of licensing.grant_due.
CREATE OR REPLACE FUNCTION licensing.wake_pending(p_organisation uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT licensing.wake_grant(g.id) FROM licensing.data_grant AS g WHERE g.organisation_id = p_organisation AND g.state = 'pending';
$$;
