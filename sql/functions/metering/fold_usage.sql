-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the worker's minute: one slice of folding; the caller repeats, a transaction each, until the answer says done. The
--          first call of a run makes partitions and settles batches whose process died, and folds nothing.
-- Outcomes: ok.
-- Locks: those of metering.fold_pool, metering.settle_batches, metering.make_partitions; the last slice those of metering.return_dead_leases.
CREATE OR REPLACE FUNCTION metering.fold_usage(p_first boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool uuid;
    v_done integer := 0;
BEGIN
    IF p_first THEN
        PERFORM metering.make_partitions();
        PERFORM metering.settle_batches();
        RETURN log.answer('ok', '{"folded": 0, "done": false}');
    END IF;
    SELECT b.pool_id INTO v_pool FROM metering.batch AS b WHERE b.state = 'sent' AND b.day IS NULL LIMIT 1;
    IF FOUND THEN
        v_done := metering.fold_pool(v_pool, 1000);
    ELSE
        PERFORM metering.return_dead_leases();
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('folded', v_done, 'done', v_pool IS NULL));
END
$$;
