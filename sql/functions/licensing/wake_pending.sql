-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: has licensing's clock look now at the grants of an organisation that wait for what is due first. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: the rows of licensing.grant_due.
CREATE OR REPLACE FUNCTION licensing.wake_pending(p_organisation uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM licensing.wake_grant(g.id) FROM licensing.data_grant AS g WHERE g.organisation_id = p_organisation AND g.state = 'pending';
END
$$;
