-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: drafts and returned applications that nobody touched: a reminder after 76 days, and 90 days after the last change the end, but
--          never before that reminder has left the outbox. One that fails is named in the server's log; the others go on.
-- Outcomes: none; how many lapsed.
-- Locks: the applications' rows.
CREATE OR REPLACE FUNCTION licensing.lapse_applications() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row record;
    v_unique text;
    v_done integer := 0;
BEGIN
    FOR v_row IN SELECT a.id, a.organisation_id, a.applicant, a.revision, a.changed_at FROM licensing.application AS a
        WHERE a.state IN ('draft', 'returned') AND a.changed_at <= pg_catalog.clock_timestamp() - interval '6566400 seconds' ORDER BY a.id LOOP
        BEGIN
            v_unique := v_row.id || ':' || v_row.revision;
            IF NOT log.is_announced(v_row.organisation_id, 'application.lapsing', v_unique, false) THEN
                PERFORM log.announce(v_row.organisation_id, 'application.lapsing', v_unique, pg_catalog.jsonb_build_object('application_id', v_row.id,
                    'lapses_at', log.time_text(GREATEST(v_row.changed_at + interval '7776000 seconds', pg_catalog.clock_timestamp()))));
                PERFORM log.notify_member(v_row.applicant, 'application ' || v_row.id || ' ' || v_row.revision, 'application_lapsing',
                    pg_catalog.jsonb_build_object('application_id', v_row.id));
            ELSIF v_row.changed_at <= pg_catalog.clock_timestamp() - interval '7776000 seconds'
                AND log.is_announced(v_row.organisation_id, 'application.lapsing', v_unique, true) THEN
                PERFORM licensing.move_application(v_row.id, 'lapse', 'Y', NULL, '{}');
                v_done := v_done + 1;
            END IF;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn('licensing.lapse_applications: ' || v_row.id, SQLERRM, SQLSTATE);
        END;
    END LOOP;
    RETURN v_done;
END
$$;
