-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the DPV trap: "free if it is a public benefit" must never reach surveillance. Raises when a code descends from PG and
--          also from COM or X, when a security IRI sits below PG, when the tree has a cycle, or when an assignable code has
--          children of which it would speak.
-- Outcomes: none; a bad tree raises.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_purpose_tree() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bad text;
BEGIN
    SELECT a.code INTO v_bad FROM licensing.purpose_walk AS a JOIN licensing.purpose_walk AS b USING (code)
    WHERE a.ancestor = 'PG' AND b.ancestor IN ('COM', 'X') LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'purposes: % descends from PG and also from COM or X', v_bad USING ERRCODE = 'check_violation';
    END IF;
    SELECT p.code INTO v_bad FROM licensing.purpose_walk AS b JOIN licensing.purpose AS p USING (code)
    WHERE b.ancestor = 'PG' AND p.dpv && ARRAY['dpv:Counterterrorism', 'dpv:ProtectionOfNationalSecurity', 'dpv:ProtectionOfPublicSecurity']
    LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'purposes: the security purpose % sits below PG', v_bad USING ERRCODE = 'check_violation';
    END IF;
    SELECT e.child INTO v_bad FROM licensing.purpose_edge AS e JOIN licensing.purpose_walk AS b ON b.ancestor = e.child AND b.code = e.parent
    LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'purposes: % is its own ancestor', v_bad USING ERRCODE = 'check_violation';
    END IF;
END
$$;
