-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores what core/policy.c decided on an application (p_result: facts, decision, reasons, evaluations) and moves it. Screened:
--          deny refuses with the rules named (after a reversed refusal a person decides instead); the council where the match or
--          licensing.council_reasons asks for it; permit makes the offer. Offered: what is denied now, or needs a council it never had,
--          is rescinded and then screened with this result. Approved by the council: body.offer and body.conditions for store_offer.
-- Outcomes: ok; stale when application or terms have moved; not_allowed_here.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.store_screening(p_id uuid, p_revision bigint, p_result jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.application;
    v_evaluation uuid;
    v_decision text := p_result ->> 'decision';
    v_reasons jsonb := p_result -> 'reasons';
    v_case uuid;
BEGIN
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id FOR UPDATE;
    IF v_row.state NOT IN ('screening', 'offered', 'council_review') THEN
        RETURN log.answer('not_allowed_here');
    ELSIF v_row.revision <> p_revision OR (SELECT t.sha256 FROM licensing.pool AS p CROSS JOIN LATERAL licensing.terms_now(p.ref) AS t
            WHERE p.pool_id = v_row.pool_id) IS DISTINCT FROM (p_result #>> '{facts,terms_sha256}') THEN
        RETURN log.answer('stale');
    END IF;
    v_evaluation := licensing.store_evaluations(p_id, p_result);
    IF v_row.state = 'council_review' THEN
        IF v_decision = 'deny' THEN
            PERFORM licensing.move_application(p_id, 'decide', 'Y', NULL, pg_catalog.jsonb_build_object('case', v_row.case_id, 'reasons', v_reasons), 'refused');
            UPDATE licensing.application SET reasons = v_reasons WHERE id = p_id;
            RETURN log.answer('ok', '{}');
        END IF;
        RETURN log.answer('ok', pg_catalog.jsonb_build_object('offer', licensing.offer_base(p_id),
            'conditions', (SELECT d.conditions FROM governance.council_decision AS d WHERE d.case_id = v_row.case_id)));
    ELSIF v_row.state = 'offered' THEN
        SELECT o.case_id INTO v_case FROM licensing.offer AS o WHERE o.application_id = p_id ORDER BY o.at DESC LIMIT 1;
        IF v_decision = 'permit' OR v_decision = 'council' AND v_case IS NOT NULL THEN
            RETURN log.answer('ok', '{}');
        END IF;
        PERFORM licensing.move_application(p_id, 'rescind', 'Y', NULL, pg_catalog.jsonb_build_object('why', 'a new match', 'decision', v_decision,
            'reasons', v_reasons, 'evaluation', v_evaluation));
    END IF;
    PERFORM licensing.move_application(p_id, 'match', 'Y', NULL, pg_catalog.jsonb_build_object('decision', v_decision, 'reasons', v_reasons,
        'evaluation', v_evaluation));
    UPDATE licensing.application SET reasons = v_reasons WHERE id = p_id;
    IF v_row.held THEN
        RETURN log.answer('ok', '{}');
    ELSIF v_decision = 'deny' THEN
        PERFORM licensing.move_application(p_id, 'refuse', 'Y', NULL, pg_catalog.jsonb_build_object('reasons', v_reasons));
    ELSIF licensing.council_reasons(p_id) <> '[]' THEN
        PERFORM licensing.refer_application(p_id, 'Y', NULL, licensing.council_reasons(p_id));
    ELSE
        PERFORM licensing.make_offer(p_id, 'offer', 'Y', NULL, NULL, licensing.offer_base(p_id), '[]');
    END IF;
    RETURN log.answer('ok', '{}');
END
$$;
