-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: carries out the board's orders on grants that were decided and not yet carried out. The board need do nothing more than decide.
--          One that fails is named in the server's log and tried again the next time; later orders on the same grant wait for it, no others.
-- Outcomes: none; how many.
-- Locks: those of licensing.carry_out_order.
CREATE OR REPLACE FUNCTION licensing.carry_out_orders() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_waiting uuid[] := '{}';
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT o.order_id, o.grant_id, o.act FROM governance.board_order AS o JOIN licensing.data_grant AS g ON g.id = o.grant_id
        WHERE o.decided_at <= pg_catalog.clock_timestamp() AND NOT EXISTS (SELECT FROM licensing.grant_order AS d
            WHERE d.order_id = o.order_id AND d.grant_id = o.grant_id AND d.act = o.act) ORDER BY o.decided_at, o.order_id, g.pool_id, g.id LOOP
        CONTINUE WHEN v_row.grant_id = ANY (v_waiting);
        BEGIN
            PERFORM licensing.carry_out_order(v_row.order_id, v_row.grant_id, v_row.act, NULL);
            v_done := v_done + 1;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn(pg_catalog.format('licensing.carry_out_orders: %s of grant %s, order %s', v_row.act, v_row.grant_id, v_row.order_id), SQLERRM, SQLSTATE);
            v_waiting := v_waiting || v_row.grant_id;
        END;
    END LOOP;
    RETURN v_done;
END
$$;
