-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: proposes to lift a sanction early, and opens the council case that must confirm it.
-- Outcomes: opened, not_found, forbidden, not_allowed_here, idempotency_conflict.
-- Locks: log.replays; advisory transaction lock on the sanction.
CREATE OR REPLACE FUNCTION governance.lift_sanction(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'lift_sanction ' || p_id, p_body);
    v_effect jsonb := p_body || pg_catalog.jsonb_build_object('lift', p_id);
    v_errors jsonb;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF NOT governance.is_office(p_actor, 'council') AND NOT governance.is_office(p_actor, 'licensing_officer') THEN
        RETURN log.refusal('forbidden', 'the council, the licensing officer, or a board decision proposes to lift a sanction');
    ELSIF NOT EXISTS (SELECT FROM governance.sanction AS s WHERE s.id = p_id) THEN
        RETURN log.refusal('not_found', 'no such sanction');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.sanction ' || p_id, 1));
    v_errors := governance.check_sanction(v_effect, '');
    IF v_errors <> '[]' THEN
        RETURN log.refusal('not_allowed_here', v_errors -> 0 ->> 'detail');
    END IF;
    PERFORM governance.write_sanction(v_effect, NULL, p_actor);
    RETURN log.remember('governance', p_actor::text, p_key, 'lift_sanction ' || p_id, p_body, log.answer('opened', governance.sanction_body(p_id)));
END
$$;
