-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: second half: stores the agreement with both signatures, makes the grant, activates it (nothing is due before first
--          use), writes the leaves. p_signed is the canonical {acceptance, agreement_hash} the trust's JWS (p_signature) is over.
-- Outcomes: created; those of licensing.check_acceptance; stale when the acceptance was prepared over a minute ago.
-- Locks: those of log.replay; advisory lock of the pool, exclusive; the application's row.
CREATE OR REPLACE FUNCTION licensing.accept_offer(p_actor uuid, p_key text, p_id uuid, p_hash text, p_fresh boolean, p_signed text,
    p_signature text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'accept_offer ' || p_id, pg_catalog.to_jsonb(p_hash));
    v_offer licensing.offer;
    v_app licensing.application;
    v_agreement uuid := log.new_id();
    v_grant uuid;
    v_acceptance jsonb := p_signed::jsonb -> 'acceptance';
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_offer FROM licensing.offer WHERE id = p_id;
    SELECT * INTO v_app FROM licensing.application WHERE id = v_offer.application_id;
    IF FOUND THEN
        PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_app.pool_id));
        PERFORM FROM licensing.application WHERE id = v_app.id FOR UPDATE;
    END IF;
    v_answer := licensing.check_acceptance(p_actor, p_id, p_hash, p_fresh);
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    ELSIF v_acceptance - 'at' IS DISTINCT FROM (v_answer.body -> 'acceptance') - 'at' OR p_signed::jsonb ->> 'agreement_hash' <> p_hash
        OR (v_acceptance ->> 'at')::timestamptz < pg_catalog.clock_timestamp() - interval '1 minute' THEN
        RETURN log.answer('stale');
    END IF;
    INSERT INTO licensing.agreement (id, offer_id, organisation_id, pool_id, purpose, terms_sha256, sha256, body, canonical, exclusive,
        transferable, from_at, until_at)
    VALUES (v_agreement, p_id, v_app.organisation_id, v_app.pool_id, v_app.purpose, v_offer.body ->> 'terms_sha256', p_hash,
        v_offer.agreement, log.canonical(v_offer.agreement), (v_offer.agreement ->> 'exclusive')::boolean,
        (v_offer.agreement ->> 'transferable')::boolean, (v_offer.agreement ->> 'not_before')::timestamptz,
        (v_offer.agreement ->> 'not_after')::timestamptz);
    INSERT INTO licensing.agreement_signature (agreement_id, party, method, signer, signed, signature) VALUES
        (v_agreement, 'licensee', 'session', p_actor, v_acceptance, NULL),
        (v_agreement, 'trust', 'jws', NULL, p_signed::jsonb, p_signature);
    PERFORM licensing.move_application(v_app.id, 'accept', 'S', p_actor, pg_catalog.jsonb_build_object('agreement', v_agreement));
    PERFORM log.append_leaf('agreement', v_agreement::text,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(pg_catalog.jsonb_build_object('agreement', v_offer.agreement,
            'signatures', pg_catalog.jsonb_build_array(v_acceptance, p_signature))), 'UTF8')), 'hex'),
        pg_catalog.jsonb_build_object('pool', v_offer.body -> 'pool', 'purpose', v_app.purpose));
    v_grant := licensing.make_grant(v_agreement, v_offer.evaluation_id);
    RETURN log.remember('licensing', p_actor::text, p_key, 'accept_offer ' || p_id, pg_catalog.to_jsonb(p_hash), log.answer('created',
        licensing.agreement_body(v_agreement)));
END
$$;
