-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: offers that lapse after 30 days, and offers whose terms, prohibitions, sanctions or class have moved: those are matched again
--          (job screen_application), and rescinded when that denies. One that fails is named in the server's log; the others go on.
-- Outcomes: none; how many.
-- Locks: the applications' rows.
CREATE OR REPLACE FUNCTION licensing.end_offers() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT a.id, o.valid_until, p.ref,
            (SELECT e.terms_sha256 FROM licensing.evaluation AS e WHERE e.subject = a.id ORDER BY e.at DESC, e.id DESC LIMIT 1) AS matched
        FROM licensing.application AS a JOIN licensing.pool AS p USING (pool_id)
        JOIN LATERAL (SELECT * FROM licensing.offer AS x WHERE x.application_id = a.id ORDER BY x.at DESC LIMIT 1) AS o ON true
        WHERE a.state = 'offered' ORDER BY a.id LOOP
        BEGIN
            IF v_row.valid_until <= pg_catalog.clock_timestamp() THEN
                PERFORM licensing.move_application(v_row.id, 'lapse', 'Y', NULL, '{}');
            ELSIF (SELECT t.sha256 FROM licensing.terms_now(v_row.ref) AS t) IS DISTINCT FROM v_row.matched
                OR licensing.offer_fault(v_row.id) IS NOT NULL THEN
                PERFORM job.enqueue('screen_application', v_row.id::text, pg_catalog.jsonb_build_object('application', v_row.id));
            ELSE
                CONTINUE;
            END IF;
            v_done := v_done + 1;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn('licensing.end_offers: ' || v_row.id, SQLERRM, SQLSTATE);
        END;
    END LOOP;
    RETURN v_done;
END
$$;
