-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the duties of a grant with their dates and proofs, for whoever may see the grant.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_duties(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF (licensing.get_grant(p_actor, p_id)).outcome <> 'ok' THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE(pg_catalog.jsonb_agg(
        licensing.duty_body(d.id, false) ORDER BY d.due_at, d.duty, d.n), '[]'))) FROM licensing.duty_due AS d WHERE d.grant_id = p_id);
END
$$;
