-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one sanction, in whatever state it is.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_sanction(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_body jsonb := governance.sanction_body(p_id);
BEGIN
    IF v_body IS NULL THEN
        RETURN log.refusal('not_found', 'no such sanction');
    END IF;
    RETURN log.answer('ok', v_body);
END
$$;
