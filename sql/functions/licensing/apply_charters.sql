-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of pool charters that came into force, in the order of their versions. One that fails is named in the
--          server's log and tried again the next time; the other pools go on.
-- Outcomes: none; how many.
-- Locks: those of licensing.apply_charter; pools in the order of their refs.
CREATE OR REPLACE FUNCTION licensing.apply_charters() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_charter governance.pool_charter_in_force;
    v_done integer := 0;
BEGIN
    -- Every second over all charters: their texts are read only where there is something to do.
    FOR v_row IN SELECT c.pool, c.version FROM governance.pool_charter_in_force AS c JOIN licensing.pool AS p ON p.ref = c.pool
        WHERE c.from_at <= pg_catalog.clock_timestamp() AND (c.until_at IS NULL OR c.until_at > pg_catalog.clock_timestamp())
            AND p.state <> 'closed'
            AND NOT EXISTS (SELECT FROM licensing.pool_version AS v WHERE v.pool_id = p.pool_id AND v.version >= c.version)
        ORDER BY c.pool, c.version LOOP
        BEGIN
            SELECT * INTO v_charter FROM governance.pool_charter_in_force AS c WHERE c.pool = v_row.pool AND c.version = v_row.version;
            v_done := v_done + licensing.apply_charter(v_charter)::integer;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn(pg_catalog.format('licensing.apply_charters: version %s of pool %s', v_row.version, v_row.pool), SQLERRM, SQLSTATE);
        END;
    END LOOP;
    RETURN v_done;
END
$$;
