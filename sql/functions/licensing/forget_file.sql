-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the worker has removed an upload's file.
-- Outcomes: ok.
-- Locks: the upload's row.
CREATE OR REPLACE FUNCTION licensing.forget_file(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE licensing.upload SET file_due_at = NULL WHERE id = p_id AND file_due_at <= pg_catalog.clock_timestamp();
    RETURN log.answer('ok', '{}');
END
$$;
