-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores what core/policy.c decided on an application (p_result: facts, decision, reasons, rule, evaluations [{request,
--          output}]) and moves it: deny refuses with the rules named; council, the first grant for a purpose in a pool and a
--          free-text restriction go to the council; permit makes the offer.
-- Outcomes: ok; stale when application or terms have moved; not_allowed_here.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.store_screening(p_id uuid, p_revision bigint, p_result jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.application;
    v_pool licensing.pool;
    v_one jsonb;
    v_id uuid;
    v_decision text := p_result ->> 'decision';
    v_why jsonb := '[]';
BEGIN
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id FOR UPDATE;
    SELECT * INTO v_pool FROM licensing.pool WHERE pool_id = v_row.pool_id;
    IF v_row.state <> 'screening' THEN
        RETURN log.answer('not_allowed_here');
    ELSIF v_row.revision <> p_revision
        OR (SELECT t.sha256 FROM licensing.terms_now(v_pool.ref) AS t) IS DISTINCT FROM (p_result #>> '{facts,terms_sha256}') THEN
        RETURN log.answer('stale');
    END IF;
    FOR v_one IN SELECT value FROM pg_catalog.jsonb_array_elements(p_result -> 'evaluations') LOOP
        v_id := log.new_id();
        INSERT INTO licensing.evaluation (id, subject, terms_sha256, input, output, decision, evaluator)
        VALUES (v_id, p_id, p_result #>> '{facts,terms_sha256}',
            pg_catalog.jsonb_build_object('request', v_one -> 'request', 'context', (p_result -> 'facts') - 'terms'),
            v_one -> 'output', v_one #>> '{output,decision}', (v_one #>> '{output,evaluator}')::integer);
    END LOOP;
    PERFORM licensing.move_application(p_id, 'match', 'Y', NULL, pg_catalog.jsonb_build_object('decision', v_decision,
        'reasons', p_result -> 'reasons', 'evaluation', v_id));
    UPDATE licensing.application SET reasons = p_result -> 'reasons' WHERE id = p_id;
    IF v_decision = 'deny' THEN
        PERFORM licensing.move_application(p_id, 'refuse', 'Y', NULL, pg_catalog.jsonb_build_object('reasons', p_result -> 'reasons'));
        RETURN log.answer('ok', licensing.application_body(p_id));
    END IF;
    IF v_decision = 'council' THEN
        v_why := v_why || '"match"'::jsonb;
    END IF;
    IF NOT EXISTS (SELECT FROM licensing.data_grant AS g WHERE g.pool_id = v_row.pool_id AND g.purpose = v_row.purpose) THEN
        v_why := v_why || '"first_grant"'::jsonb;
    END IF;
    IF v_row.restriction IS NOT NULL THEN
        v_why := v_why || '"restriction"'::jsonb;
    END IF;
    IF v_why <> '[]' THEN
        PERFORM licensing.refer_application(p_id, 'Y', NULL, v_why);
    ELSE
        PERFORM licensing.make_offer(p_id, 'offer', NULL, '[]');
    END IF;
    RETURN log.answer('ok', licensing.application_body(p_id));
END
$$;
