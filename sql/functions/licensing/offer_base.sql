-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what an offer on an application would hold before any condition: taken from its newest evaluations (those of p_subject, an
--          agreement that is amended, where one is named) and the terms they were made with. Members that are there for the making only: types (of columns), max_days, limit_at, evaluation.
-- Outcomes: none; NULL when the application has no evaluation that permits or asks the council.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.offer_base(p_id uuid, p_subject uuid DEFAULT NULL) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_app licensing.application;
    v_eval licensing.evaluation;
    v_doc jsonb;
    v_version integer;
    v_rule jsonb;
    v_tier jsonb;
    v_columns jsonb;
    v_agreed jsonb := (SELECT a.body FROM licensing.agreement AS a WHERE a.id = p_subject);
BEGIN
    SELECT * INTO v_app FROM licensing.application WHERE id = p_id;
    SELECT * INTO v_eval FROM licensing.evaluation WHERE subject = COALESCE(p_subject, p_id) ORDER BY at DESC, id DESC LIMIT 1;
    IF v_eval.id IS NULL OR v_eval.output ->> 'rule' IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT t.doc, t.version INTO v_doc, v_version FROM governance.terms_in_force AS t WHERE t.sha256 = v_eval.terms_sha256 LIMIT 1;
    SELECT r.v INTO v_rule FROM pg_catalog.jsonb_array_elements(v_doc -> 'rules') AS r (v) WHERE r.v ->> 'id' = v_eval.output ->> 'rule';
    SELECT r.v INTO v_tier FROM pg_catalog.jsonb_array_elements(v_doc -> 'tiers') AS r (v) WHERE r.v ->> 'id' = v_eval.output ->> 'tier';
    SELECT pg_catalog.jsonb_agg(c.v ORDER BY c.n) INTO v_columns FROM pg_catalog.jsonb_array_elements(v_eval.output -> 'columns')
        WITH ORDINALITY AS c (v, n) WHERE c.v ->> 'rule' <> 'drop';
    RETURN pg_catalog.jsonb_build_object('pool', v_doc -> 'pool', 'terms_sha256', v_eval.terms_sha256, 'terms_version', v_version,
        'rule', v_rule -> 'id', 'purpose', v_app.purpose, 'org_class', v_eval.input #> '{request,org_class}', 'actions', COALESCE(v_agreed -> 'actions', pg_catalog.to_jsonb(v_app.actions)),
        'modes', COALESCE(v_agreed -> 'modes', pg_catalog.to_jsonb(v_app.modes)), 'region', v_app.region, 'columns', COALESCE(v_columns, '[]'), 'min_cohort', v_rule -> 'min_cohort',
        'notice_floor', v_rule -> 'notice_floor', 'special_category', v_doc -> 'special_category', 'tier', v_tier -> 'id',
        'price', v_tier -> 'price', 'attest_days', v_tier -> 'attest_days',
        'duties', (SELECT COALESCE(pg_catalog.jsonb_agg(d.v ORDER BY d.n), '[]') FROM pg_catalog.jsonb_array_elements(v_doc -> 'duties')
                   WITH ORDINALITY AS d (v, n) WHERE v_eval.output -> 'duties' ? (d.v ->> 'id')),
        'prohibited_acts', v_doc -> 'prohibited_acts',
        'prohibitions', (SELECT COALESCE(pg_catalog.jsonb_agg(r.v ORDER BY r.n), '[]') FROM pg_catalog.jsonb_array_elements(v_doc -> 'rules')
                         WITH ORDINALITY AS r (v, n) WHERE r.v ->> 'effect' = 'prohibit'),
        'quotas', v_app.quotas, 'members_covered', v_eval.output -> 'covered_members', 'evaluation', v_eval.id,
        'types', (SELECT pg_catalog.jsonb_object_agg(c.v ->> 'name', c.v ->> 'type') FROM pg_catalog.jsonb_array_elements(v_doc -> 'columns') AS c (v)),
        'max_days', LEAST(v_app.duration_days, (v_rule ->> 'max_days')::integer),
        'limit_at', (SELECT log.time_text(pg_catalog.min((e.output ->> 'not_after')::timestamptz)) FROM licensing.evaluation AS e
                     WHERE e.subject = v_eval.subject AND e.terms_sha256 = v_eval.terms_sha256 AND e.at >= v_eval.at - interval '1 minute'));
END
$$;
