-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: freezes an offer from an application's newest evaluations and the terms they were made with, and the agreement body
--          whose hash the signatory will send. p_command is offer (permit) or decide (approved case). Conditions narrow: each
--          becomes a member of the offer.
-- Outcomes: none; the offer, NULL when the matrix does not allow it.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.make_offer(p_id uuid, p_command text, p_case uuid, p_conditions jsonb) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_app licensing.application;
    v_eval licensing.evaluation;
    v_doc jsonb;
    v_rule jsonb;
    v_tier jsonb;
    v_id uuid := log.new_id();
    v_at timestamptz := pg_catalog.date_trunc('second', pg_catalog.clock_timestamp());
    v_end timestamptz;
    v_body jsonb;
    v_agreement jsonb;
    v_version integer;
BEGIN
    SELECT * INTO v_app FROM licensing.application WHERE id = p_id FOR UPDATE;
    SELECT * INTO v_eval FROM licensing.evaluation WHERE subject = p_id ORDER BY at DESC, id DESC LIMIT 1;
    SELECT t.doc, t.version INTO v_doc, v_version FROM governance.terms_in_force AS t WHERE t.sha256 = v_eval.terms_sha256 LIMIT 1;
    SELECT r.v INTO v_rule FROM pg_catalog.jsonb_array_elements(v_doc -> 'rules') AS r (v) WHERE r.v ->> 'id' = v_eval.output ->> 'rule';
    SELECT r.v INTO v_tier FROM pg_catalog.jsonb_array_elements(v_doc -> 'tiers') AS r (v) WHERE r.v ->> 'id' = v_eval.output ->> 'tier';
    SELECT LEAST(v_at + v_app.duration_days * interval '86400 seconds', pg_catalog.min((e.output ->> 'not_after')::timestamptz)) INTO v_end
    FROM licensing.evaluation AS e WHERE e.subject = p_id AND e.terms_sha256 = v_eval.terms_sha256 AND e.at >= v_eval.at - interval '1 minute';
    v_body := pg_catalog.jsonb_build_object('offer', 1, 'id', v_id, 'application', p_id, 'pool', v_doc -> 'pool',
        'terms_sha256', v_eval.terms_sha256, 'terms_version', v_version, 'rule', v_rule -> 'id', 'purpose', v_app.purpose,
        'org_class', v_eval.input #> '{request,org_class}', 'actions', v_app.actions, 'modes', v_app.modes, 'region', v_app.region,
        'columns', (SELECT pg_catalog.jsonb_agg(c.v ORDER BY c.n) FROM pg_catalog.jsonb_array_elements(v_eval.output -> 'columns')
                    WITH ORDINALITY AS c (v, n) WHERE c.v ->> 'rule' <> 'drop'),
        'min_cohort', v_rule -> 'min_cohort', 'notice_floor', v_rule -> 'notice_floor', 'special_category', v_doc -> 'special_category',
        'tier', v_tier -> 'id', 'price', v_tier -> 'price', 'attest_days', v_tier -> 'attest_days',
        'duties', (SELECT COALESCE(pg_catalog.jsonb_agg(d.v ORDER BY d.n), '[]') FROM pg_catalog.jsonb_array_elements(v_doc -> 'duties')
                   WITH ORDINALITY AS d (v, n) WHERE v_eval.output -> 'duties' ? (d.v ->> 'id')),
        'prohibited_acts', v_doc -> 'prohibited_acts',
        'prohibitions', (SELECT COALESCE(pg_catalog.jsonb_agg(r.v ORDER BY r.n), '[]') FROM pg_catalog.jsonb_array_elements(v_doc -> 'rules')
                         WITH ORDINALITY AS r (v, n) WHERE r.v ->> 'effect' = 'prohibit'),
        'conditions', COALESCE(p_conditions, '[]'), 'quotas', v_app.quotas, 'exclusive', false, 'transferable', false,
        'licensee', v_app.organisation_id, 'not_before', log.time_text(v_at), 'not_after', log.time_text(v_end),
        'notice_period_days', 30, 'members_covered', v_eval.output -> 'covered_members',
        'rows_covered', (SELECT COALESCE(pg_catalog.sum(c.rows), 0)::bigint FROM licensing.contribution AS c WHERE c.id IN (
            SELECT k.contribution_id FROM licensing.covered_contribution AS k WHERE k.pool_id = v_app.pool_id AND k.purpose = v_app.purpose
                AND k.recipient_class = v_eval.input #>> '{request,org_class}' AND k.notice >= (v_rule ->> 'notice_floor')::integer)));
    v_agreement := v_body || pg_catalog.jsonb_build_object('agreement', 1, 'at', log.time_text(v_at), 'parties', pg_catalog.jsonb_build_object(
        'licensor', (SELECT c.name FROM governance.charter_in_force AS c LIMIT 1),
        'licensee', (SELECT o.name FROM licensing.organisation AS o WHERE o.organisation_id = v_app.organisation_id)));
    IF NOT licensing.move_application(p_id, p_command, 'Y', NULL, pg_catalog.jsonb_build_object('offer', v_id, 'case', p_case), 'offered') THEN
        RETURN NULL;
    END IF;
    INSERT INTO licensing.offer (id, application_id, evaluation_id, case_id, body, sha256, agreement, agreement_hash, valid_until)
    VALUES (v_id, p_id, v_eval.id, p_case, v_body,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(v_body), 'UTF8')), 'hex'), v_agreement,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(v_agreement), 'UTF8')), 'hex'), v_at + interval '30 days');
    RETURN v_id;
END
$$;
