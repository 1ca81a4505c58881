-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: how long a payable may wait for a batch, and a batch for its end: payout_lag_seconds of the charter, else 30 days.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.payout_lag() RETURNS interval
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT (c.doc->'durations'->>'payout_lag_seconds')::bigint FROM governance.charter_in_force AS c), 2592000) * interval '1 second';
$$;
