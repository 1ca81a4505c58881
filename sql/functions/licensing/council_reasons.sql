-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why an application goes to the council whatever the terms say: the first grant for a purpose in a pool, a free-text
--          restriction; ["match"] besides when the newest match says so.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.council_reasons(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN licensing.screened_since_submit(p_id) = 'council' THEN '["match"]' ELSE '[]' END::jsonb
        || CASE WHEN EXISTS (SELECT FROM licensing.data_grant AS g WHERE g.pool_id = a.pool_id AND g.purpose = a.purpose)
                THEN '[]' ELSE '["first_grant"]' END::jsonb
        || CASE WHEN a.restriction IS NULL THEN '[]' ELSE '["restriction"]' END::jsonb
    FROM licensing.application AS a WHERE a.id = p_id;
$$;
