-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether this person may accept this offer now: a signatory, a session with fresh password and TOTP (p_fresh, told by
--          the verified token), the hash of the agreement shown, the offer alive, its terms still in force, no prohibition and no
--          sanction.
-- Outcomes: ok, not_found, forbidden, fresh_sign_in_required, stale, not_allowed_here, purpose_prohibited, sanctioned.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_acceptance(p_actor uuid, p_id uuid, p_hash text, p_fresh boolean) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_offer licensing.offer;
    v_app licensing.application;
    v_role text;
BEGIN
    SELECT * INTO v_offer FROM licensing.offer WHERE id = p_id;
    SELECT * INTO v_app FROM licensing.application WHERE id = v_offer.application_id;
    v_role := licensing.person_role(p_actor, v_app.organisation_id);
    IF v_role IS NULL THEN
        RETURN log.answer('not_found');
    ELSIF v_role <> 'signatory' THEN
        RETURN log.refusal('forbidden', 'only a signatory of the organisation accepts');
    ELSIF NOT COALESCE(p_fresh, false) THEN
        RETURN log.answer('fresh_sign_in_required');
    ELSIF v_app.state <> 'offered' OR v_offer.id IS DISTINCT FROM (
            SELECT o.id FROM licensing.offer AS o WHERE o.application_id = v_app.id ORDER BY o.at DESC LIMIT 1) THEN
        RETURN log.refusal('not_allowed_here', 'this offer does not stand any more');
    ELSIF v_offer.agreement_hash IS DISTINCT FROM p_hash THEN
        RETURN log.refusal('stale', 'agreement_hash is not that of this agreement');
    ELSIF v_offer.valid_until <= pg_catalog.clock_timestamp() THEN
        RETURN log.refusal('not_allowed_here', 'the offer has lapsed');
    ELSIF (SELECT t.sha256 FROM licensing.terms_now(v_offer.body ->> 'pool') AS t) IS DISTINCT FROM (v_offer.body ->> 'terms_sha256') THEN
        RETURN log.refusal('stale', 'the terms have changed: the application is screened again');
    ELSIF licensing.prohibition_on(v_app.purpose) IS NOT NULL THEN
        RETURN log.answer('purpose_prohibited');
    ELSIF licensing.sanction_on(v_app.organisation_id, v_app.pool_id, v_app.purpose) IS NOT NULL THEN
        RETURN log.answer('sanctioned');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('agreement_hash', p_hash, 'acceptance', pg_catalog.jsonb_build_object(
        'agreement_hash', p_hash, 'method', 'session', 'organisation', v_app.organisation_id, 'person', p_actor,
        'at', log.time_text(pg_catalog.clock_timestamp()))));
END
$$;
