-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: runs whose inputs are frozen, with what audit.live_runs said of each: asked once an audit, for it reads documents of any length.
-- Outcomes: none; text NULL of a run that is not among the months looked at.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.marked_runs(p_runs jsonb) RETURNS TABLE (id uuid, month date, text text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.id, r.service_month, p_runs ->> r.id::text FROM payout.run AS r WHERE r.inputs_sha256 IS NOT NULL AND r.state <> 'abandoned';
$$;
