-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a notice could not be sent as e-mail: later again (log.put_off_notice says when).
-- Outcomes: ok.
-- Locks: the notice's row.
CREATE OR REPLACE FUNCTION governance.put_off_notice(p_id bigint, p_why text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM log.put_off_notice(p_id, p_why);
    RETURN log.answer('ok');
END
$$;
