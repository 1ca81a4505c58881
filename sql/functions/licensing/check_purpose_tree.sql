-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the DPV trap: "free if it is a public benefit" must never reach surveillance. Raises when a code descends from PG and also
--          from COM or X, when a security IRI sits below PG, when an IRI is written in a way that the comparison would miss or
--          is the exact match of two codes, when the tree has a cycle, or when the stored closure is not what the edges
--          say. Called by every migrate, so that rows changed by hand are found as well as a changed file.
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
    WHERE a.ancestor = 'PG' AND b.ancestor IN ('COM', 'X') ORDER BY a.code LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'purposes: % descends from PG and also from COM or X', v_bad USING ERRCODE = 'check_violation';
    END IF;
    SELECT p.code INTO v_bad FROM licensing.purpose AS p, pg_catalog.unnest(p.dpv || COALESCE(p.duo, 'duo:0')) AS i (iri)
    WHERE i.iri !~ '^((dpv|fin|hea|ai):[A-Z][A-Za-z]*|duo:[0-9]+)$' ORDER BY p.code LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'purposes: % has an IRI that is not written with a known prefix', v_bad USING ERRCODE = 'check_violation';
    END IF;
    SELECT p.code INTO v_bad FROM licensing.purpose_walk AS b JOIN licensing.purpose AS p USING (code)
    WHERE b.ancestor = 'PG' AND p.dpv && ARRAY['dpv:Counterterrorism', 'dpv:ProtectionOfNationalSecurity', 'dpv:ProtectionOfPublicSecurity']
    ORDER BY p.code LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'purposes: the security purpose % sits below PG', v_bad USING ERRCODE = 'check_violation';
    END IF;
    SELECT i.iri INTO v_bad FROM licensing.purpose AS p, pg_catalog.unnest(p.dpv || p.duo) AS i (iri) WHERE p.match = 'exact' AND i.iri IS NOT NULL
    GROUP BY i.iri HAVING pg_catalog.count(*) > 1 LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'purposes: % is the exact match of two codes', v_bad USING ERRCODE = 'check_violation';
    END IF;
    SELECT e.child INTO v_bad FROM licensing.purpose_edge AS e JOIN licensing.purpose_walk AS b ON b.ancestor = e.child AND b.code = e.parent
    LIMIT 1;
    IF v_bad IS NOT NULL THEN
        RAISE EXCEPTION 'purposes: % is its own ancestor', v_bad USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT ancestor, code FROM licensing.purpose_walk EXCEPT SELECT ancestor, code FROM licensing.purpose_closure)
        OR EXISTS (SELECT ancestor, code FROM licensing.purpose_closure EXCEPT SELECT ancestor, code FROM licensing.purpose_walk) THEN
        RAISE EXCEPTION 'purposes: the closure is not what the edges say' USING ERRCODE = 'check_violation';
    END IF;
END
$$;
