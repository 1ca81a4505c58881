-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes the members of p_body that an applicant may write into an application; what is not there stays. Words are kept as
--          they are: the match judges them.
-- Outcomes: none.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.fill_application(p_id uuid, p_body jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE licensing.application SET purpose = COALESCE(p_body ->> 'purpose', purpose), region = COALESCE(p_body ->> 'region', region),
        actions = CASE WHEN p_body ? 'actions' THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'actions')) ELSE actions END,
        columns = CASE WHEN p_body ? 'columns' THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'columns')) ELSE columns END,
        modes = CASE WHEN p_body ? 'modes' THEN ARRAY(SELECT pg_catalog.jsonb_array_elements_text(p_body -> 'modes')) ELSE modes END,
        private = CASE WHEN p_body ? 'private' THEN ARRAY(SELECT DISTINCT pg_catalog.jsonb_array_elements_text(p_body -> 'private')) ELSE private END,
        duration_days = COALESCE((p_body ->> 'duration_days')::integer, duration_days), project = COALESCE(p_body ->> 'project', project),
        restriction = CASE WHEN p_body ? 'restriction' THEN NULLIF(p_body ->> 'restriction', '') ELSE restriction END,
        people = COALESCE(p_body -> 'people', people)
    WHERE id = p_id;
$$;
