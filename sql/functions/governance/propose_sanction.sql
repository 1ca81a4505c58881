-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: proposes a sanction and opens the council case that must confirm it.
-- Outcomes: opened, forbidden, idempotency_conflict.
-- Locks: log.replays.
CREATE OR REPLACE FUNCTION governance.propose_sanction(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'propose_sanction', p_body);
    v_id uuid;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF NOT governance.is_office(p_actor, 'council') AND NOT governance.is_office(p_actor, 'licensing_officer') THEN
        RETURN log.refusal('forbidden', 'the council, the licensing officer, or a board decision proposes sanctions');
    END IF;
    v_id := governance.write_sanction(p_body, NULL, p_actor);
    RETURN log.remember('governance', p_actor::text, p_key, 'propose_sanction', p_body, log.answer('opened', pg_catalog.jsonb_build_object('id', v_id,
        'case_id', (SELECT s.case_id FROM governance.sanction AS s WHERE s.id = v_id))));
END
$$;
