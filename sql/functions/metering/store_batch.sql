-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a batch that is ready to leave, before the commit behind which its bytes go out: its attribution, exactly which rows, what it takes from
--          the quotas, and which earlier batches the socket has taken meanwhile. The quotas' periods are those in which the transaction began:
--          taken_at says so, that what does not arrive goes back to where it came from though midnight passes in between.
-- Outcomes: none; the batch's number.
-- Locks: the delivery's batches and leases.
CREATE OR REPLACE FUNCTION metering.store_batch(p_pool uuid, p_delivery uuid, p_no integer, p_grant uuid, p_first bigint, p_last bigint,
    p_rows integer, p_repeated integer, p_bytes bigint, p_sha256 bytea, p_consent_epoch bigint, p_grant_epoch bigint,
    p_contributions bigint[], p_counts integer[], p_sent integer, p_runs bytea DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO metering.batch (pool_id, delivery_id, no, grant_id, first_row, last_row, rows, repeated, bytes, body_sha256, consent_epoch,
        grant_epoch, taken_at, contributions, counts, runs)
    VALUES (p_pool, p_delivery, p_no, p_grant, p_first, p_last, p_rows, p_repeated, p_bytes, p_sha256, p_consent_epoch, p_grant_epoch,
        pg_catalog.now(), p_contributions, p_counts, p_runs);
    UPDATE metering.quota_lease AS l SET heartbeat_at = pg_catalog.clock_timestamp(),
        units = l.units - CASE l.meter WHEN 'bytes' THEN p_bytes WHEN 'requests' THEN (p_no = 1)::integer ELSE p_rows END
    WHERE l.pool_id = p_pool AND l.grant_id = p_grant AND l.holder = p_delivery AND l.meter IN ('bytes', 'requests', 'rows')
        AND l.starts_on = metering.period_start(l.period, pg_catalog.now());
    UPDATE metering.batch SET state = 'sent', settled_at = pg_catalog.clock_timestamp()
    WHERE pool_id = p_pool AND delivery_id = p_delivery AND no <= p_sent AND state = 'committed';
    RETURN p_no;
END
$$;
