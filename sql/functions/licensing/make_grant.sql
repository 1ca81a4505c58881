-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the immutable grant of an agreement, first pending, then active at once where nothing is due first (licensing.review_grant). Where
--          newer terms came into force since the offer, they are drawn. The constraint triggers check signatures, terms and prohibitions at the commit.
-- Outcomes: none; the grant.
-- Locks: the caller holds the pool's advisory lock.
CREATE OR REPLACE FUNCTION licensing.make_grant(p_agreement uuid, p_evaluation uuid) RETURNS uuid
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_agreement licensing.agreement;
    v_body jsonb;
    v_id uuid := log.new_id();
BEGIN
    SELECT * INTO v_agreement FROM licensing.agreement WHERE id = p_agreement;
    v_body := v_agreement.body;
    INSERT INTO licensing.data_grant (id, agreement_id, evaluation_id, organisation_id, pool_id, terms_sha256, terms_version, purpose, org_class,
        rule, tier, price, actions, modes, plan, notice_floor, min_cohort, explicit_only, quotas, from_at, until_at, attest_days, state)
    VALUES (v_id, p_agreement, p_evaluation, v_agreement.organisation_id, v_agreement.pool_id, v_agreement.terms_sha256,
        (v_body ->> 'terms_version')::integer, v_agreement.purpose, v_body ->> 'org_class', v_body ->> 'rule', v_body ->> 'tier', v_body -> 'price',
        ARRAY(SELECT pg_catalog.jsonb_array_elements_text(v_body -> 'actions')), ARRAY(SELECT pg_catalog.jsonb_array_elements_text(v_body -> 'modes')),
        v_body -> 'columns', (v_body ->> 'notice_floor')::integer, (v_body ->> 'min_cohort')::integer, (v_body ->> 'special_category')::boolean,
        v_body -> 'quotas', v_agreement.from_at, v_agreement.until_at, (v_body ->> 'attest_days')::integer, 'pending');
    INSERT INTO licensing.grant_event (grant_id, seq, command, role, from_state, to_state, epoch) VALUES (v_id, 1, 'create', 'Y', NULL, 'pending', 1);
    PERFORM log.append_leaf('grant', v_id::text,
        (SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(pg_catalog.jsonb_build_object('grant', v_id,
            'agreement', v_agreement.sha256, 'terms', v_agreement.terms_sha256, 'plan', v_body -> 'columns',
            'from', log.time_text(v_agreement.from_at), 'until', log.time_text(v_agreement.until_at))), 'UTF8')), 'hex')),
        pg_catalog.jsonb_build_object('pool', v_body -> 'pool', 'purpose', v_agreement.purpose, 'from', log.time_text(v_agreement.from_at),
            'until', log.time_text(v_agreement.until_at)));
    PERFORM licensing.review_grant(v_id);
    PERFORM licensing.amend_by_terms(p_agreement);
    RETURN v_id;
END
$$;
