-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a request for rows was refused before its delivery was opened: what metering.load_delivery set aside for it goes back.
-- Outcomes: none.
-- Locks: those of metering.return_leases.
CREATE OR REPLACE FUNCTION metering.drop_delivery(p_pool uuid, p_grant uuid, p_delivery uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM metering.delivery AS d WHERE d.pool_id = p_pool AND d.id = p_delivery) THEN
        PERFORM metering.return_leases(p_pool, p_grant, p_delivery);
    END IF;
END
$$;
