-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends uploads whose time is over, and asks for the removal of files that are due (job remove_upload_files).
-- Outcomes: none; how many ended.
-- Locks: the uploads' rows; those of job.enqueue.
CREATE OR REPLACE FUNCTION licensing.end_uploads() RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_done integer;
BEGIN
    UPDATE licensing.upload SET state = 'ended', lease = NULL, file_due_at = pg_catalog.clock_timestamp()
    WHERE state = 'open' AND expires_at <= pg_catalog.clock_timestamp();
    GET DIAGNOSTICS v_done = ROW_COUNT;
    IF EXISTS (SELECT FROM licensing.upload WHERE file_due_at <= pg_catalog.clock_timestamp()) THEN
        PERFORM job.enqueue('remove_upload_files', 'all', '{}');
    END IF;
    RETURN v_done;
END
$$;
