-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: has licensing's clock look at a grant at an instant (default: now) if it would not sooner. For everybody who changes what a
--          grant depends on: an invoice, tombstones, an attestation. PL/pgSQL, because its plan then lives as long as the session.
-- Outcomes: none.
-- Locks: the row of licensing.grant_due.
CREATE OR REPLACE FUNCTION licensing.wake_grant(p_grant uuid, p_at timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE licensing.grant_due SET at = COALESCE(p_at, pg_catalog.clock_timestamp())
    WHERE grant_id = p_grant AND at > COALESCE(p_at, pg_catalog.clock_timestamp());
END
$$;
