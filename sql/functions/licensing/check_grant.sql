-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for metering: whether a grant allows an action on columns in a mode now, and what delivery must know of it. p_columns
--          NULL or empty: all of the plan.
-- Outcomes: ok, not_found, grant_not_active, action_not_granted, mode_not_granted, column_not_granted (names them),
--          attestation_lapsed.
-- Locks: none; the caller holds the pool's lock shared.
CREATE OR REPLACE FUNCTION licensing.check_grant(p_grant uuid, p_action text, p_columns text[], p_mode text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.data_grant;
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_outside text[];
BEGIN
    SELECT * INTO v_row FROM licensing.data_grant WHERE id = p_grant;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF v_row.state <> 'active' OR v_now < v_row.from_at OR v_now >= v_row.until_at THEN
        RETURN log.refusal('grant_not_active', 'the grant is ' || CASE WHEN v_now >= v_row.until_at THEN 'over' ELSE v_row.state END);
    ELSIF p_action <> ALL (v_row.actions) THEN
        RETURN log.refusal('action_not_granted', 'granted: ' || pg_catalog.array_to_string(v_row.actions, ' '));
    ELSIF p_mode <> ALL (v_row.modes) THEN
        RETURN log.refusal('mode_not_granted', 'granted: ' || pg_catalog.array_to_string(v_row.modes, ' '));
    ELSIF licensing.sanction_on(v_row.organisation_id, v_row.pool_id, v_row.purpose) IS NOT NULL
        OR licensing.prohibition_on(v_row.purpose, v_row.created_at) IS NOT NULL THEN
        RETURN log.refusal('grant_not_active', 'a sanction or prohibition is in force');
    ELSIF v_row.attest_days IS NOT NULL AND NOT COALESCE(licensing.attested_until(v_row.organisation_id, v_row.attest_days) > v_now, false) THEN
        RETURN log.answer('attestation_lapsed');
    END IF;
    SELECT pg_catalog.array_agg(c.name) INTO v_outside FROM pg_catalog.unnest(p_columns) AS c (name)
    WHERE c.name NOT IN (SELECT e.v ->> 'name' FROM pg_catalog.jsonb_array_elements(v_row.plan) AS e (v));
    IF v_outside IS NOT NULL THEN
        RETURN log.refusal('column_not_granted', 'not in the grant: ' || pg_catalog.array_to_string(v_outside, ', '));
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('grant_id', v_row.id, 'pool_id', v_row.pool_id, 'pool', p.ref,
        'organisation_id', v_row.organisation_id, 'plan', v_row.plan, 'purpose', v_row.purpose, 'class', v_row.org_class,
        'notice_floor', v_row.notice_floor, 'explicit_only', v_row.explicit_only, 'min_cohort', v_row.min_cohort, 'quotas', v_row.quotas,
        'actions', v_row.actions, 'modes', v_row.modes, 'rule', v_row.rule, 'tier', v_row.tier, 'terms_sha256', v_row.terms_sha256,
        'not_before', log.time_text(v_row.from_at), 'not_after', log.time_text(v_row.until_at), 'epoch', v_row.epoch,
        'schema', p.schema)) FROM licensing.pool AS p WHERE p.pool_id = v_row.pool_id);
END
$$;
