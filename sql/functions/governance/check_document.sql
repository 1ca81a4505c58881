-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: asks the part that owns a kind of document whether it is right; pointers are made relative to the whole. A document
--          nobody can judge is not right.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.check_document(p_check text, p_doc jsonb, p_pointer text) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer jsonb;
BEGIN
    IF pg_catalog.to_regprocedure(p_check) IS NULL THEN
        RETURN pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('pointer', p_pointer, 'detail', 'nothing in this database can judge it: ' || p_check || ' is missing'));
    END IF;
    -- Separate statements: each is planned only when it is reached, so that a part that is absent does not matter.
    IF p_check = 'licensing.check_terms(jsonb)' THEN
        v_answer := licensing.check_terms(p_doc);
    ELSIF p_check = 'licensing.check_pool_charter(jsonb)' THEN
        v_answer := licensing.check_pool_charter(p_doc);
    ELSIF p_check = 'payout.check_benefit_rule(jsonb)' THEN
        v_answer := payout.check_benefit_rule(p_doc);
    END IF;
    RETURN (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pointer', p_pointer || COALESCE(e ->> 'pointer', ''),
                'detail', e ->> 'detail')), '[]')
            FROM pg_catalog.jsonb_array_elements(v_answer -> 'errors') AS e);
END
$$;
