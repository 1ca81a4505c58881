-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends all that waits for an endpoint without another attempt. The caller holds the endpoint's row.
-- Outcomes: none.
-- Locks: the deliveries' rows.
CREATE OR REPLACE FUNCTION licensing.settle_webhooks(p_endpoint uuid, p_error text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE licensing.webhook_delivery SET state = 'failed', next_at = NULL, lease = NULL, last_error = p_error, settled_at = pg_catalog.clock_timestamp()
    WHERE endpoint_id = p_endpoint AND state = 'waiting';
$$;
