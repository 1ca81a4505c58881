-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the first p_most batches, by their first row, that the chain of a delivery has sent and that reach behind row p_after: their
--          rows are sent again without counting again. runs says exactly which; NULL in batches from before they were kept.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.counted_batches(p_pool uuid, p_delivery uuid, p_after bigint, p_most integer)
RETURNS TABLE (first_row bigint, last_row bigint, runs bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.first_row, b.last_row, b.runs
    FROM metering.delivery AS mine
    JOIN metering.delivery AS d ON d.pool_id = mine.pool_id AND d.id <> mine.id AND (d.id = mine.chain_id OR d.chain_id = mine.chain_id)
    JOIN metering.batch AS b ON b.pool_id = d.pool_id AND b.delivery_id = d.id
    WHERE mine.pool_id = p_pool AND mine.id = p_delivery AND b.state = 'sent' AND b.last_row > p_after
    ORDER BY b.first_row, b.last_row LIMIT p_most;
$$;
