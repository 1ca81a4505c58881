-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sends an application to the ethics council: opens the case with the application, its evaluation and the members covered. What
--          the applicant marked private, and who will have access, stays out of the case; the council reads the application itself.
-- Outcomes: none; the case.
-- Locks: the application's row.
CREATE OR REPLACE FUNCTION licensing.refer_application(p_id uuid, p_role text, p_actor uuid, p_why jsonb, p_text text DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_case uuid;
    v_body jsonb := licensing.application_body(p_id);
    v_private text[] := ARRAY(SELECT pg_catalog.jsonb_array_elements_text(v_body -> 'private'));
    v_base jsonb := licensing.offer_base(p_id);
BEGIN
    v_body := v_body - v_private - ARRAY['people', 'offer_id', 'changes', 'questions', 'answers', 'co_applicants', 'applicant'];
    v_case := governance.open_council_case('application', p_id, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('why', p_why, 'doubt', p_text,
        'application', v_body - 'evaluation', 'evaluation', v_body -> 'evaluation', 'covered_members', v_body #> '{evaluation,covered_members}',
        'offer', v_base - ARRAY['evaluation', 'limit_at'])));
    PERFORM licensing.move_application(p_id, 'refer', p_role, p_actor, pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'why', p_why, 'case', v_case, 'text', p_text)));
    UPDATE licensing.application SET case_id = v_case WHERE id = p_id;
    RETURN v_case;
END
$$;
