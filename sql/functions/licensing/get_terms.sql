-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one terms document: those once submitted are public, drafts are the members'.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.get_terms(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.terms;
BEGIN
    SELECT * INTO v_row FROM licensing.terms WHERE id = p_id;
    IF NOT FOUND OR v_row.submitted_at IS NULL AND NOT licensing.is_member(p_actor) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN log.answer('ok', licensing.terms_body(v_row));
END
$$;
