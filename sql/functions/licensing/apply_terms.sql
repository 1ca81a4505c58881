-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of terms that came into force (licensing.enact_terms), each once, in the order of their versions; offers on
--          older terms go back to screening by licensing.end_offers. Terms that fail are named in the server's log and tried again the next
--          time; later ones of the same pool wait for them, the other pools go on.
-- Outcomes: none; how many.
-- Locks: advisory locks of the pools, exclusive.
CREATE OR REPLACE FUNCTION licensing.apply_terms() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row governance.terms_in_force;
    v_pool licensing.pool;
    v_failed text;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT t.* FROM governance.terms_in_force AS t
        WHERE t.from_at <= pg_catalog.clock_timestamp() AND NOT EXISTS (
            SELECT FROM licensing.terms_enacted AS e JOIN licensing.pool AS p USING (pool_id) WHERE p.ref = t.pool AND e.version = t.version)
        ORDER BY t.pool, t.version LOOP
        v_pool := licensing.find_pool(v_row.pool);
        CONTINUE WHEN v_pool.pool_id IS NULL OR v_pool.state = 'draft' OR v_row.pool = v_failed;
        BEGIN
            PERFORM licensing.enact_terms(v_pool, v_row);
            v_done := v_done + 1;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn(pg_catalog.format('licensing.apply_terms: version %s of pool %s', v_row.version, v_row.pool), SQLERRM, SQLSTATE);
            v_failed := v_row.pool;
        END;
    END LOOP;
    RETURN v_done;
END
$$;
