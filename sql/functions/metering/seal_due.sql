-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one step of sealing by time, a transaction each; the worker repeats until the answer says done. Closed months first: those it closed
--          itself, and those that a treasurer's request left closed; then a month that is due is closed.
-- Outcomes: ok.
-- Locks: those of metering.seal_usage or of metering.close_usage.
CREATE OR REPLACE FUNCTION metering.seal_due() RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
BEGIN
    SELECT c.* INTO v_row FROM metering.closed_month AS c
    WHERE NOT EXISTS (SELECT FROM metering.seal AS s WHERE s.pool_id = c.pool_id AND s.month = c.month)
        AND (c.closed_by IS NULL OR c.closed_at < pg_catalog.clock_timestamp() - interval '1 minute')
    ORDER BY c.month, c.pool_id LIMIT 1;
    IF FOUND THEN
        PERFORM metering.seal_usage(v_row.pool_id, v_row.pool, v_row.month, v_row.closed_by);
        RETURN log.answer('ok', '{"done": false}');
    END IF;
    SELECT d.* INTO v_row FROM metering.months_due() AS d ORDER BY d.month, d.pool_id LIMIT 1;
    IF FOUND THEN
        PERFORM metering.close_usage(v_row.pool_id, metering.pool_ref(v_row.pool_id), v_row.month, NULL);
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('done', v_row.pool_id IS NULL));
END
$$;
