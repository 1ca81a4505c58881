-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: upload ids whose file may go now, at most 100; the worker removes the files, then says so with licensing.forget_files.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.take_due_files() RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT u.id FROM licensing.upload AS u WHERE u.file_due_at <= pg_catalog.clock_timestamp() ORDER BY u.file_due_at LIMIT 100;
$$;
