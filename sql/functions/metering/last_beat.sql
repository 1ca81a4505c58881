-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: when a process last said that it sends this delivery. One that has not beaten yet was opened a moment ago, or died soon.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.last_beat(p_delivery metering.delivery) RETURNS timestamptz
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT b.at FROM metering.delivery_beat AS b WHERE b.pool_id = p_delivery.pool_id AND b.delivery_id = p_delivery.id),
        p_delivery.opened_at);
$$;
