-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one of the actor's contributions.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_contribution(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', licensing.contribution_body(c)) FROM licensing.contribution AS c
                     WHERE c.id = p_id AND c.member_id = p_actor), log.answer('not_found'));
$$;
