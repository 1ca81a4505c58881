-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: licensing's clock, called every second by the worker for one part after the other, a transaction each, so that none holds the locks of
--          another: draws the consequences of what governance put in force or decided, and of time. p_part NULL: all parts at once, by hand.
--          Idempotent; one caller at a time. A part that fails is rolled back, named in the server's log and tried again the next time; the
--          others go on. How much was done.
-- Outcomes: none.
-- Locks: an advisory lock of its own (not waited for); those of the functions it calls, to the end.
CREATE OR REPLACE FUNCTION licensing.tick(p_part text DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_parts CONSTANT text[] := ARRAY['uploads', 'consents', 'catalogue', 'drafts', 'agreements', 'charters', 'terms', 'amendments', 'cases', 'offers', 'grants'];
    v_part text;
    v_done integer := 0;
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('licensing.tick', 20)) THEN
        RETURN 0;
    END IF;
    SET CONSTRAINTS licensing.replay IMMEDIATE; -- what would fail at the commit, and everything with it, fails where it is done
    FOREACH v_part IN ARRAY CASE WHEN p_part IS NULL THEN c_parts ELSE ARRAY[p_part] END LOOP
        BEGIN
            v_done := v_done + CASE v_part WHEN 'uploads' THEN licensing.end_uploads() WHEN 'consents' THEN licensing.expire_consents()
                WHEN 'catalogue' THEN licensing.watch_catalogue() WHEN 'drafts' THEN licensing.lapse_applications()
                WHEN 'agreements' THEN licensing.end_agreements() WHEN 'charters' THEN licensing.apply_charters()
                WHEN 'terms' THEN licensing.apply_terms() WHEN 'amendments' THEN licensing.tell_terms() WHEN 'cases' THEN licensing.decide_cases()
                WHEN 'offers' THEN licensing.end_offers() WHEN 'grants' THEN licensing.end_grants() END;
        EXCEPTION WHEN OTHERS THEN
            PERFORM log.warn('licensing.tick: ' || v_part, SQLERRM, SQLSTATE);
        END;
    END LOOP;
    RETURN v_done;
END
$$;
