-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the end of a delivery as its process saw it: batches up to p_sent were taken by the socket, later ones were not.
-- Outcomes: none; how many batches were not sent.
-- Locks: the delivery's row, batches, leases; then the quotas.
CREATE OR REPLACE FUNCTION metering.end_delivery(p_pool uuid, p_delivery uuid, p_sent integer, p_state text, p_reason text, p_rows bigint,
    p_bytes bigint, p_sha256 text) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_grant uuid;
    v_batch metering.batch;
    v_unsent integer := 0;
BEGIN
    UPDATE metering.delivery SET state = CASE WHEN state IN ('open', 'lost') THEN p_state ELSE state END,
        ended_at = CASE WHEN state IN ('open', 'lost') THEN pg_catalog.clock_timestamp() ELSE ended_at END,
        reason = CASE WHEN state IN ('open', 'lost') THEN p_reason ELSE reason END, rows = p_rows, bytes = p_bytes, body_sha256 = p_sha256
    WHERE pool_id = p_pool AND id = p_delivery AND body_sha256 IS NULL RETURNING grant_id INTO v_grant;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    UPDATE metering.batch SET state = 'sent', settled_at = pg_catalog.clock_timestamp()
    WHERE pool_id = p_pool AND delivery_id = p_delivery AND no <= p_sent AND state IN ('committed', 'unresolved');
    FOR v_batch IN UPDATE metering.batch SET state = 'unsent', settled_at = pg_catalog.clock_timestamp()
        WHERE pool_id = p_pool AND delivery_id = p_delivery AND no > p_sent AND state IN ('committed', 'unresolved') RETURNING * LOOP
        PERFORM metering.return_quota(p_pool, v_grant, COALESCE(v_batch.taken_at, v_batch.committed_at), v_batch.rows, v_batch.bytes);
        v_unsent := v_unsent + 1;
    END LOOP;
    DELETE FROM metering.delivery_beat AS b WHERE b.pool_id = p_pool AND b.delivery_id = p_delivery;
    IF p_state <> 'gone' THEN -- an answer without rows was one too; a refused request is nobody's
        UPDATE metering.quota_lease SET units = 0 WHERE pool_id = p_pool AND grant_id = v_grant AND holder = p_delivery AND meter = 'requests';
    END IF;
    PERFORM metering.return_leases(p_pool, v_grant, p_delivery);
    RETURN v_unsent;
END
$$;
