-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why an application goes to the council: what licensing.referral_causes says, and ["match"] before it when the newest match says so.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.council_reasons(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN licensing.screened_since_submit(p_id) = 'council' THEN '["match"]' ELSE '[]' END::jsonb
        || licensing.referral_causes(a.pool_id, a.purpose, a.restriction)
    FROM licensing.application AS a WHERE a.id = p_id;
$$;
