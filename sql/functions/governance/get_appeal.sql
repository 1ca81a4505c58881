-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one appeal.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_appeal(p_actor uuid, p_appeal uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body jsonb := governance.appeal_body(p_appeal, p_actor);
BEGIN
    IF v_body IS NULL THEN
        RETURN log.refusal('not_found', 'no such appeal');
    END IF;
    RETURN log.answer('ok', v_body);
END
$$;
