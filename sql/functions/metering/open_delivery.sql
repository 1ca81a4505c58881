-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the row of a new delivery, in its first batch's transaction. With p_resumed the batches of that delivery up to p_batch
--          are proven to have arrived; whatever else of the chain nobody knows of has not, and what still runs of it ends, since
--          two of a chain at once would count the same rows. Up to counted_to the chain may have counted rows already: which,
--          metering.counted_batches says.
-- Outcomes: none; counted_to, -1 where the grant has no such delivery, or one of those batches is known not to have arrived: nobody goes on
--          behind rows that were never counted.
-- Locks: the chain's first delivery, its last and the resumed one (each waits for a batch under way), their batches; then those of
--        licensing.open_manifest.
CREATE OR REPLACE FUNCTION metering.open_delivery(p_pool uuid, p_id uuid, p_ref text, p_grant uuid, p_organisation uuid, p_plan_hash text,
    p_terms text, p_resumed uuid, p_batch integer, p_position bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_counted bigint := 0;
    v_chain uuid;
    v_last metering.delivery;
    v_delivery uuid;
BEGIN
    IF p_resumed IS NOT NULL THEN
        SELECT COALESCE(d.chain_id, d.id) INTO v_chain FROM metering.delivery AS d WHERE d.pool_id = p_pool AND d.id = p_resumed AND d.grant_id = p_grant;
        IF NOT FOUND THEN
            RETURN -1;
        END IF;
        -- one opening of a chain after the other
        PERFORM FROM metering.delivery AS d WHERE d.pool_id = p_pool AND d.id = v_chain FOR UPDATE;
        SELECT * INTO v_last FROM metering.delivery AS d WHERE d.pool_id = p_pool AND d.chain_id = v_chain ORDER BY d.opened_at DESC, d.id DESC LIMIT 1 FOR UPDATE;
        IF NOT FOUND THEN
            SELECT * INTO v_last FROM metering.delivery AS d WHERE d.pool_id = p_pool AND d.id = v_chain;
        END IF;
        UPDATE metering.batch SET state = 'sent', settled_at = pg_catalog.clock_timestamp()
        WHERE pool_id = p_pool AND delivery_id = p_resumed AND no <= p_batch AND state IN ('committed', 'unresolved');
        IF EXISTS (SELECT FROM metering.batch AS b WHERE b.pool_id = p_pool AND b.delivery_id = p_resumed AND b.no <= p_batch AND b.state = 'unsent') THEN
            RETURN -1;
        END IF;
        FOREACH v_delivery IN ARRAY ARRAY[p_resumed, v_last.id] LOOP
            PERFORM metering.supersede_delivery(p_pool, p_grant, v_delivery);
        END LOOP;
        -- those before the last one were settled when it began, and count in its own counted_to
        SELECT GREATEST(v_last.counted_to, COALESCE(pg_catalog.max(b.last_row), 0)) INTO v_counted FROM metering.batch AS b
        WHERE b.pool_id = p_pool AND b.delivery_id IN (v_last.id, p_resumed) AND b.state = 'sent';
    END IF;
    INSERT INTO metering.delivery (pool_id, id, pool, grant_id, organisation_id, mode, plan_hash, terms_sha256, resumed_from, counted_to, chain_id, manifest_id)
    VALUES (p_pool, p_id, p_ref, p_grant, p_organisation, 'download', p_plan_hash, p_terms, p_resumed, v_counted, v_chain,
        licensing.open_manifest(p_pool, p_grant));
    RETURN v_counted;
END
$$;
