-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the result of a run: steps, funds and flags for everybody, the lines for the treasurer alone.
-- Outcomes: ok, not_found, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.show_result(p_actor uuid, p_run uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_run payout.run;
    v_doc jsonb;
BEGIN
    SELECT * INTO v_run FROM payout.run WHERE id = p_run;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such run');
    END IF;
    IF v_run.result_hash IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the run is ' || v_run.state || ': it has no result yet');
    END IF;
    SELECT pg_catalog.convert_from(bytes, 'UTF8')::jsonb INTO v_doc FROM payout.evidence WHERE sha256 = v_run.result_file_sha256;
    RETURN log.answer('ok', CASE WHEN COALESCE(governance.is_office(p_actor, 'treasurer'), false) THEN v_doc ELSE v_doc - 'lines' END);
END
$$;
