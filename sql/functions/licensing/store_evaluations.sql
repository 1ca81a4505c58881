-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores what core/policy.c decided (p_result: facts, evaluations [{request, output}]) on a subject.
-- Outcomes: none; the last of them, NULL when there is none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.store_evaluations(p_subject uuid, p_result jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_one jsonb;
    v_id uuid;
BEGIN
    FOR v_one IN SELECT e.v FROM pg_catalog.jsonb_array_elements(p_result -> 'evaluations') WITH ORDINALITY AS e (v, n) ORDER BY e.n LOOP
        v_id := log.new_id();
        INSERT INTO licensing.evaluation (id, subject, terms_sha256, input, output, decision, evaluator)
        VALUES (v_id, p_subject, p_result #>> '{facts,terms_sha256}',
            pg_catalog.jsonb_build_object('request', v_one -> 'request', 'context', (p_result -> 'facts') - 'terms'),
            v_one -> 'output', v_one #>> '{output,decision}', (v_one #>> '{output,evaluator}')::integer);
    END LOOP;
    RETURN v_id;
END
$$;
