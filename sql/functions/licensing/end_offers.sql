-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: offers that lapse after 30 days, and offers whose terms, prohibitions or sanctions have moved: those go back to
--          screening. Matches left without a job are queued again.
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
    FOR v_row IN SELECT a.id, a.purpose, a.organisation_id, a.pool_id, o.valid_until, o.body ->> 'terms_sha256' AS terms, o.body ->> 'pool' AS pool
        FROM licensing.application AS a
        JOIN LATERAL (SELECT * FROM licensing.offer AS x WHERE x.application_id = a.id ORDER BY x.at DESC LIMIT 1) AS o ON true
        WHERE a.state = 'offered' ORDER BY a.id LOOP
        IF v_row.valid_until <= pg_catalog.clock_timestamp() THEN
            PERFORM licensing.move_application(v_row.id, 'lapse', 'Y', NULL, '{}');
        ELSIF (SELECT t.sha256 FROM licensing.terms_now(v_row.pool) AS t) IS DISTINCT FROM v_row.terms
            OR licensing.prohibition_on(v_row.purpose) IS NOT NULL
            OR licensing.sanction_on(v_row.organisation_id, v_row.pool_id, v_row.purpose) IS NOT NULL THEN
            PERFORM licensing.move_application(v_row.id, 'rescind', 'Y', NULL, '{"why":"what the offer rested on has changed"}');
            PERFORM job.enqueue('screen_application', v_row.id::text, pg_catalog.jsonb_build_object('application', v_row.id));
        ELSE
            CONTINUE;
        END IF;
        v_done := v_done + 1;
    END LOOP;
    RETURN v_done;
END
$$;
