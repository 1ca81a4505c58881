-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether this person may accept this offer now: a signatory; a session with fresh password and TOTP (p_fresh, told by the verified
--          token) or a signature that C verifies (p_jws); the hash of the agreement shown; the offer alive; a match under the terms in force
--          that lets it stand; a pool that is licensed; no prohibition, no sanction. An amendment replaces an agreement that still runs.
-- Outcomes: ok, not_found, forbidden, fresh_sign_in_required, stale, not_allowed_here, purpose_prohibited, sanctioned.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_acceptance(p_actor uuid, p_id uuid, p_hash text, p_fresh boolean, p_jws text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_offer licensing.offer;
    v_app licensing.application;
    v_role text;
BEGIN
    SELECT * INTO v_offer FROM licensing.offer WHERE id = licensing.standing_offer(p_id);
    SELECT * INTO v_app FROM licensing.application WHERE id = COALESCE(v_offer.application_id, p_id);
    v_role := COALESCE(licensing.person_role(p_actor, v_app.organisation_id), '');
    IF v_role = '' AND licensing.application_role(p_actor, v_app.id) = '' THEN
        RETURN log.answer('not_found');
    ELSIF v_offer.id IS NULL OR v_app.state <> (CASE v_offer.kind WHEN 'first' THEN 'offered' ELSE 'agreed' END) OR v_offer.id IS DISTINCT FROM (
            SELECT o.id FROM licensing.offer AS o WHERE o.application_id = v_app.id ORDER BY o.at DESC LIMIT 1) THEN
        RETURN log.refusal('not_allowed_here', 'no offer stands here');
    ELSIF v_role <> 'signatory' THEN
        RETURN log.refusal('forbidden', 'only a signatory of the organisation accepts');
    ELSIF p_jws IS NULL AND NOT COALESCE(p_fresh, false) THEN
        RETURN log.answer('fresh_sign_in_required');
    ELSIF v_offer.agreement_hash IS DISTINCT FROM p_hash THEN
        RETURN log.refusal('stale', 'agreement_hash is not that of this agreement');
    ELSIF v_offer.valid_until <= pg_catalog.clock_timestamp() OR EXISTS (SELECT FROM licensing.agreement AS a WHERE a.offer_id = v_offer.id)
        OR EXISTS (SELECT FROM licensing.agreement_state AS s WHERE s.agreement_id = v_offer.replaces AND s.over) THEN
        RETURN log.refusal('not_allowed_here', 'the offer has lapsed');
    ELSIF NOT licensing.is_licensed(v_app.pool_id) THEN
        RETURN log.refusal('not_allowed_here', 'the members keep this pool and do not license it');
    ELSIF licensing.prohibition_on(v_app.purpose) IS NOT NULL THEN
        RETURN log.answer('purpose_prohibited');
    ELSIF licensing.sanction_on(v_app.organisation_id, v_app.pool_id, v_app.purpose) IS NOT NULL THEN
        RETURN log.answer('sanctioned');
    ELSIF v_offer.kind = 'first' AND licensing.offer_fault(v_app.id) IS NOT NULL OR (SELECT t.sha256 FROM licensing.terms_now(v_offer.body ->> 'pool') AS t)
            IS DISTINCT FROM (SELECT e.terms_sha256 FROM licensing.evaluation AS e WHERE e.subject = COALESCE(v_offer.replaces, v_app.id)
                              ORDER BY e.at DESC, e.id DESC LIMIT 1) THEN
        RETURN log.refusal('stale', 'what the offer rests on has changed: it is matched again');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('agreement_hash', p_hash, 'acceptance', pg_catalog.jsonb_strip_nulls(
        pg_catalog.jsonb_build_object('agreement_hash', p_hash, 'method', CASE WHEN p_jws IS NULL THEN 'session' ELSE 'jws' END, 'jws', p_jws,
            'organisation', v_app.organisation_id, 'person', p_actor, 'at', log.time_text(pg_catalog.clock_timestamp())))));
END
$$;
