-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: publishes the totals of one sealed month, a transaction each; the worker repeats until the answer says done. Of months that still grow
--          nothing is public, so that nobody watches a total grow by one delivery.
-- Outcomes: ok.
-- Locks: those of metering.publish_month.
CREATE OR REPLACE FUNCTION metering.publish_due() RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
BEGIN
    SELECT s.pool_id, s.month INTO v_row FROM metering.seal AS s
    WHERE NOT EXISTS (SELECT FROM metering.public_month AS m WHERE m.pool_id = s.pool_id AND m.month = s.month) ORDER BY s.month, s.pool_id LIMIT 1;
    IF FOUND THEN
        PERFORM metering.publish_month(v_row.pool_id, v_row.month);
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('done', v_row.pool_id IS NULL));
END
$$;
