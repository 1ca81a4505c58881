-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first half of accepting an offer: the answer of an earlier one with this key, or what the trust has to sign, with the live keys
--          of the organisation where a signature (p_jws) is to be verified. p_id names the offer, or the application it stands for.
-- Outcomes: those of log.replay and licensing.check_acceptance.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.load_acceptance(p_actor uuid, p_key text, p_id uuid, p_hash text, p_fresh boolean, p_jws text)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'accept_offer ' || p_id,
        pg_catalog.jsonb_build_array(p_hash, p_jws));
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    v_answer := licensing.check_acceptance(p_actor, p_id, p_hash, p_fresh, p_jws);
    IF v_answer.outcome = 'ok' AND p_jws IS NOT NULL THEN
        v_answer.body := v_answer.body || pg_catalog.jsonb_build_object('keys', (
            SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('x', k.x)), '[]') FROM licensing.organisation_key AS k
            WHERE k.organisation_id = licensing.organisation_of(p_actor) AND k.ended_at IS NULL));
    END IF;
    RETURN v_answer;
END
$$;
