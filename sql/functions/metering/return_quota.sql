-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives the rows of a batch that never arrived back to the periods they were taken from.
-- Outcomes: none.
-- Locks: the quotas' rows.
CREATE OR REPLACE FUNCTION metering.return_quota(p_pool uuid, p_grant uuid, p_committed_at timestamptz, p_rows bigint) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE metering.quota AS q SET taken = GREATEST(q.taken - p_rows, 0)
    WHERE q.pool_id = p_pool AND q.grant_id = p_grant AND q.meter = 'rows' AND q.starts_on = metering.period_start(q.period, p_committed_at);
$$;
