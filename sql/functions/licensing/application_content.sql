-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an applicant wrote: the members that are edited, copied, and compared when an application comes back with changes.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.application_content(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('purpose', a.purpose, 'actions', a.actions, 'columns', a.columns, 'modes', a.modes,
        'region', a.region, 'duration_days', a.duration_days, 'project', a.project, 'restriction', a.restriction, 'people', a.people,
        'private', a.private)
    FROM licensing.application AS a WHERE a.id = p_id;
$$;
