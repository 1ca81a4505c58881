-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: second half: stores the agreement with both signatures, makes the grant, writes a leaf for each signature. p_signed is the canonical
--          {acceptance, agreement_hash} the trust's JWS (p_signature) is over; with p_jws the acceptance names the key (kid) that C verified it
--          with, which must be live still. A new version of an agreement replaces the old one from its not_before on.
-- Outcomes: created, idempotency_conflict; those of licensing.check_acceptance; stale when the acceptance was prepared over a minute ago or its key has ended.
-- Locks: those of log.replay; advisory locks: prohibitions (shared), the pool (exclusive); the rows of application and key.
CREATE OR REPLACE FUNCTION licensing.accept_offer(p_actor uuid, p_key text, p_id uuid, p_hash text, p_fresh boolean, p_jws text, p_signed text,
    p_signature text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c_what CONSTANT text := 'accept_offer ' || p_id;
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, c_what, pg_catalog.jsonb_build_array(p_hash, p_jws));
    v_offer licensing.offer;
    v_app licensing.application;
    v_agreement uuid := log.new_id();
    v_signed jsonb := p_signed::jsonb;
    v_acceptance jsonb := p_signed::jsonb -> 'acceptance';
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    SELECT * INTO v_offer FROM licensing.offer WHERE id = licensing.standing_offer(p_id);
    SELECT * INTO v_app FROM licensing.application WHERE id = v_offer.application_id;
    IF FOUND THEN
        PERFORM pg_catalog.pg_advisory_xact_lock_shared(pg_catalog.hashtextextended('licensing.prohibition', 20));
        PERFORM pg_catalog.pg_advisory_xact_lock(licensing.pool_lock(v_app.pool_id));
        PERFORM FROM licensing.application WHERE id = v_app.id FOR UPDATE;
    END IF;
    v_answer := licensing.check_acceptance(p_actor, p_id, p_hash, p_fresh, p_jws);
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    ELSIF v_acceptance - 'at' - 'kid' IS DISTINCT FROM (v_answer.body -> 'acceptance') - 'at' OR v_signed ->> 'agreement_hash' <> p_hash
        OR (v_acceptance ->> 'at')::timestamptz < pg_catalog.clock_timestamp() - interval '1 minute' THEN
        RETURN log.answer('stale');
    END IF;
    PERFORM FROM licensing.organisation_key AS k WHERE k.kid = v_acceptance ->> 'kid' AND k.organisation_id = v_app.organisation_id AND k.ended_at IS NULL
    FOR SHARE;
    IF NOT FOUND AND p_jws IS NOT NULL THEN
        RETURN log.refusal('stale', 'the key that signed has ended');
    END IF;
    INSERT INTO licensing.agreement (id, offer_id, organisation_id, pool_id, purpose, terms_sha256, sha256, body, canonical, exclusive,
        transferable, from_at, until_at)
    VALUES (v_agreement, v_offer.id, v_app.organisation_id, v_app.pool_id, v_offer.agreement ->> 'purpose', v_offer.body ->> 'terms_sha256', p_hash,
        v_offer.agreement, log.canonical(v_offer.agreement), (v_offer.agreement ->> 'exclusive')::boolean,
        (v_offer.agreement ->> 'transferable')::boolean, (v_offer.agreement ->> 'not_before')::timestamptz,
        (v_offer.agreement ->> 'not_after')::timestamptz);
    INSERT INTO licensing.agreement_signature (agreement_id, party, method, signer, signed, signature) VALUES
        (v_agreement, 'licensee', v_acceptance ->> 'method', p_actor, v_acceptance, p_jws),
        (v_agreement, 'trust', 'jws', NULL, v_signed, p_signature);
    IF v_offer.kind = 'first' THEN
        PERFORM licensing.move_application(v_app.id, 'accept', 'S', p_actor, pg_catalog.jsonb_build_object('agreement', v_agreement));
    ELSE
        PERFORM licensing.end_agreement(v_offer.replaces, 'replaced', 'licensee', p_actor, 'a new version was accepted', NULL,
            (v_offer.agreement ->> 'not_before')::timestamptz);
    END IF;
    PERFORM log.append_leaf('agreement', v_agreement || ':' || s.party,
        pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(s.signed), 'UTF8')), 'hex'),
        pg_catalog.jsonb_build_object('pool', v_offer.body -> 'pool', 'purpose', v_app.purpose, 'agreement_hash', p_hash, 'party', s.party))
    FROM (VALUES ('licensee', v_acceptance), ('trust', v_signed)) AS s (party, signed);
    PERFORM licensing.make_grant(v_agreement, v_offer.evaluation_id);
    RETURN log.remember('licensing', p_actor::text, p_key, c_what, pg_catalog.jsonb_build_array(p_hash, p_jws),
        log.answer('created', licensing.agreement_body(v_agreement)));
END
$$;
