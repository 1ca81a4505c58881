-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: licensing's clock, called every second by the worker: draws the consequences of what governance put in force or
--          decided, and of time. Idempotent; one caller at a time.
-- Outcomes: none.
-- Locks: an advisory lock of its own (not waited for); those of the functions it calls.
CREATE OR REPLACE FUNCTION licensing.tick() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('licensing.tick', 20)) THEN
        RETURN 0;
    END IF;
    UPDATE licensing.upload SET state = 'ended', lease = NULL, file_due_at = pg_catalog.clock_timestamp()
    WHERE state = 'open' AND expires_at <= pg_catalog.clock_timestamp();
    IF EXISTS (SELECT FROM licensing.upload WHERE file_due_at <= pg_catalog.clock_timestamp()) THEN
        PERFORM job.enqueue('remove_upload_files', 'all', '{}');
    END IF;
    PERFORM licensing.expire_consents();
    PERFORM licensing.watch_catalogue();
    PERFORM licensing.lapse_applications();
    PERFORM licensing.end_agreements();
    RETURN licensing.apply_charters() + licensing.apply_terms() + licensing.tell_terms() + licensing.decide_cases() + licensing.end_offers() + licensing.end_grants();
END
$$;
