-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the consequences of terms that came into force for the agreements of their pool (licensing.amend_by_terms), once for each
--          version: half a second at a time, going on where it ended. An agreement made later draws its own (licensing.make_grant); the pool's
--          lock makes sure that each is either seen here or sees these terms. A pool whose turn fails is named in the server's log and tried
--          again the next time; the others go on.
-- Outcomes: none; how many agreements were looked at.
-- Locks: advisory lock of the pool, exclusive; those of licensing.amend_by_terms.
CREATE OR REPLACE FUNCTION licensing.tell_terms() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_start timestamptz := pg_catalog.clock_timestamp();
    v_row record;
    v_id uuid;
    v_more boolean;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT p.pool_id, t.version, COALESCE(x.upto, '00000000-0000-0000-0000-000000000000') AS upto
        FROM governance.terms_in_force AS t JOIN licensing.pool AS p ON p.ref = t.pool
        LEFT JOIN licensing.terms_told AS x ON x.pool_id = p.pool_id AND x.version = t.version
        WHERE t.from_at <= v_start AND (t.until_at IS NULL OR t.until_at > v_start) AND x.done_at IS NULL ORDER BY p.pool_id LOOP
        v_more := false;
        BEGIN
            PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_row.pool_id));
            FOR v_id IN SELECT a.id FROM licensing.agreement AS a WHERE a.pool_id = v_row.pool_id AND a.id > v_row.upto ORDER BY a.id LOOP
                PERFORM licensing.amend_by_terms(v_id);
                v_done := v_done + 1;
                v_more := pg_catalog.clock_timestamp() > v_start + interval '500 milliseconds';
                EXIT WHEN v_more;
            END LOOP;
            INSERT INTO licensing.terms_told AS x (pool_id, version, upto, done_at)
            VALUES (v_row.pool_id, v_row.version, v_id, CASE WHEN NOT v_more THEN pg_catalog.clock_timestamp() END)
            ON CONFLICT (pool_id, version) DO UPDATE SET upto = COALESCE(EXCLUDED.upto, x.upto), done_at = EXCLUDED.done_at;
        EXCEPTION WHEN OTHERS THEN
            v_more := false;
            PERFORM log.warn(pg_catalog.format('licensing.tell_terms: version %s of pool %s', v_row.version, v_row.pool_id), SQLERRM, SQLSTATE);
        END;
        EXIT WHEN v_more;
    END LOOP;
    RETURN v_done;
END
$$;
