-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why what is wanted goes to the council whatever the terms say: the first grant for a purpose in a pool, a free-text restriction.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.referral_causes(p_pool uuid, p_purpose text, p_restriction text) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN EXISTS (SELECT FROM licensing.data_grant AS g WHERE g.pool_id = p_pool AND g.purpose = p_purpose)
                THEN '[]' ELSE '["first_grant"]' END::jsonb
        || CASE WHEN p_restriction IS NULL THEN '[]' ELSE '["restriction"]' END::jsonb;
$$;
