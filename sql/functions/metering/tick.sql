-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: metering's clock: asks for folding once a minute.
-- Outcomes: none.
-- Locks: the clock's row.
CREATE OR REPLACE FUNCTION metering.tick() RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE metering.clock SET at = pg_catalog.clock_timestamp()
    WHERE name = 'fold_usage' AND at < pg_catalog.clock_timestamp() - interval '1 minute';
    IF FOUND THEN
        PERFORM job.enqueue('fold_usage', 'all');
    END IF;
END
$$;
