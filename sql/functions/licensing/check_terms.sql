-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: validates terms for governance, at submission, at freeze and when they take effect: reads what C decided when the
--          draft was saved (terms_review) for the terms in force, schema and notices of today, and refuses without it; then the
--          rules that need rows. A document that passes becomes immutable here.
-- Outcomes: none; {"errors":[{pointer,detail}]}.
-- Locks: the draft's row.
CREATE OR REPLACE FUNCTION licensing.check_terms(p_doc jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_pool licensing.pool := licensing.find_pool(p_doc ->> 'pool');
    v_terms record;
    v_hash text;
    v_review licensing.terms_review;
    v_charter jsonb;
    v_errors jsonb := '[]';
BEGIN
    IF v_pool.pool_id IS NULL OR v_pool.state IN ('draft', 'closed') THEN
        RETURN pg_catalog.jsonb_build_object('errors', pg_catalog.jsonb_build_array(licensing.field_error('/pool', 'no open pool of this ref')));
    END IF;
    v_hash := pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(p_doc), 'UTF8')), 'hex');
    v_terms := licensing.terms_now(v_pool.ref);
    IF v_terms.sha256 = v_hash THEN
        RETURN '{"errors":[]}';
    END IF;
    SELECT * INTO v_review FROM licensing.terms_review AS r WHERE r.sha256 = v_hash AND r.compared_with = COALESCE(v_terms.sha256, '')
        AND r.schema_sha256 = v_pool.schema_sha256
        AND r.notice = (SELECT pg_catalog.max(n.n) FROM licensing.notice AS n WHERE n.pool_id = v_pool.pool_id);
    IF NOT FOUND THEN
        RETURN pg_catalog.jsonb_build_object('errors', pg_catalog.jsonb_build_array(licensing.field_error('',
            CASE WHEN EXISTS (SELECT FROM licensing.terms_review AS r WHERE r.sha256 = v_hash)
            THEN 'stale: the terms, schema or notices it was compared with have moved; save the draft again'
            ELSE 'not reviewed: save it as a draft at /licensing/v1/terms first' END)));
    END IF;
    SELECT v.charter INTO v_charter FROM licensing.pool_version AS v WHERE v.pool_id = v_pool.pool_id ORDER BY v.version DESC LIMIT 1;
    IF (p_doc -> 'version') IS DISTINCT FROM pg_catalog.to_jsonb(COALESCE(v_terms.version, 0) + 1) THEN
        v_errors := v_errors || licensing.field_error('/version', 'the next version is ' || COALESCE(v_terms.version, 0) + 1);
    END IF;
    IF (p_doc -> 'special_category') IS DISTINCT FROM (v_charter -> 'special_category') THEN
        v_errors := v_errors || licensing.field_error('/special_category', 'not what the charter says');
    END IF;
    IF (p_doc #>> '{valid,until}')::timestamptz <= pg_catalog.clock_timestamp() THEN
        v_errors := v_errors || licensing.field_error('/valid/until', 'lies in the past');
    END IF;
    IF (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(f.v -> 'name', f.v -> 'type', f.v -> 'ch:sensitivity') ORDER BY f.v ->> 'name')
        FROM pg_catalog.jsonb_array_elements(v_pool.schema -> 'fields') AS f (v)) IS DISTINCT FROM
       (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(c.v -> 'name', c.v -> 'type', c.v -> 'sensitivity') ORDER BY c.v ->> 'name')
        FROM pg_catalog.jsonb_array_elements(p_doc -> 'columns') AS c (v)) THEN
        v_errors := v_errors || licensing.field_error('/columns', 'not the columns of the pool''s schema, with their types and sensitivities');
    END IF;
    v_errors := v_review.errors || v_errors;
    IF v_errors = '[]' THEN
        UPDATE licensing.terms SET submitted_at = pg_catalog.clock_timestamp()
        WHERE id = (SELECT t.id FROM licensing.terms AS t WHERE t.sha256 = v_hash ORDER BY t.id LIMIT 1) AND submitted_at IS NULL
            AND NOT EXISTS (SELECT FROM licensing.terms AS t WHERE t.sha256 = v_hash AND t.submitted_at IS NOT NULL);
    END IF;
    RETURN pg_catalog.jsonb_build_object('errors', v_errors);
END
$$;
