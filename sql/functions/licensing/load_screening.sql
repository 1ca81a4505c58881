-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the worker needs to match an application: one that is screened, offered (does its offer still stand?), or approved by the
--          council (what is offered rests on the facts of the day).
-- Outcomes: ok, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_screening(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.application;
    v_class text;
BEGIN
    SELECT * INTO v_row FROM licensing.application WHERE id = p_id;
    IF NOT FOUND OR v_row.state NOT IN ('screening', 'offered', 'council_review') OR v_row.state = 'council_review' AND NOT EXISTS (
            SELECT FROM governance.council_decision AS d WHERE d.case_id = v_row.case_id AND d.state = 'decided' AND d.approved) THEN
        RETURN log.answer('not_allowed_here');
    END IF;
    v_class := COALESCE(licensing.class_of(v_row.organisation_id), '');
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('application', p_id, 'revision', v_row.revision, 'state', v_row.state,
        'purpose', v_row.purpose, 'actions', v_row.actions, 'modes', v_row.modes, 'columns', v_row.columns, 'region', v_row.region,
        'org_class', v_class, 'organisation', 'org:' || v_row.organisation_id,
        'facts', licensing.policy_facts(p, v_row.organisation_id, v_row.purpose, v_class)))
        FROM licensing.pool AS p WHERE p.pool_id = v_row.pool_id);
END
$$;
