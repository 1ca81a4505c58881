-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the whole consent record of one of the actor's events, for signing.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_receipt(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', licensing.consent_record(e)) FROM licensing.consent_event AS e
        WHERE e.id = p_id AND e.member_id = p_actor), log.answer('not_found'));
$$;
