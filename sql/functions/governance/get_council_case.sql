-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one case: all of it for the council and the board, its public record for everybody else.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_council_case(p_actor uuid, p_case uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body jsonb := governance.case_body(p_case, p_actor);
BEGIN
    IF v_body IS NULL THEN
        RETURN log.refusal('not_found', 'no such case');
    END IF;
    RETURN log.answer('ok', v_body);
END
$$;
