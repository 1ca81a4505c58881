-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the grants' part of licensing's clock: notices rulings, carries out orders of the board and decisions on appeals, then looks at the
--          grants whose time has come (licensing.grant_due), and at no others. One that fails is named in the server's log and put off for
--          a minute; the others go on. Half a second at a time, since it holds the pools' locks; what is left is done the next time.
-- Outcomes: none; how many grants changed.
-- Locks: advisory locks of the pools, exclusive, in their order; the grants' rows; behind all of them the rows of licensing.grant_due, which a command
--        takes behind its pool's.
CREATE OR REPLACE FUNCTION licensing.end_grants() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_start timestamptz := pg_catalog.clock_timestamp();
    v_id uuid;
    v_seen uuid[] := '{}';
    v_put_off uuid[] := '{}';
    v_done integer;
BEGIN
    SET CONSTRAINTS licensing.replay IMMEDIATE; -- what would fail at the commit fails at its grant
    PERFORM licensing.apply_rulings();
    v_done := licensing.carry_out_orders() + licensing.settle_appeals();
    DELETE FROM licensing.client_assertion WHERE expires_at < v_start;
    v_start := pg_catalog.clock_timestamp();
    FOR v_id IN SELECT g.id FROM (SELECT d.grant_id FROM licensing.grant_due AS d WHERE d.at <= v_start ORDER BY d.at LIMIT 2000) AS d
        JOIN licensing.data_grant AS g ON g.id = d.grant_id ORDER BY g.pool_id, g.id LOOP
        BEGIN
            v_done := v_done + licensing.judge_grant(v_id)::integer;
            v_seen := v_seen || v_id;
        EXCEPTION
        WHEN deadlock_detected THEN
            NULL; -- nobody's fault: the next time
        WHEN OTHERS THEN
            RAISE WARNING 'licensing.end_grants: grant % is put off for a minute: % (%)', v_id, SQLERRM, SQLSTATE;
            v_put_off := v_put_off || v_id;
        END;
        EXIT WHEN pg_catalog.clock_timestamp() > v_start + interval '500 milliseconds';
    END LOOP;
    PERFORM licensing.set_next_look(g) FROM (SELECT x FROM licensing.data_grant AS x WHERE x.id = ANY (v_seen) ORDER BY x.id) AS s (g);
    UPDATE licensing.grant_due SET at = v_start + interval '1 minute' WHERE grant_id = ANY (v_put_off);
    RETURN v_done;
END
$$;
