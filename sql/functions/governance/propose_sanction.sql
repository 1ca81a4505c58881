-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: proposes a sanction and opens the council case that must confirm it.
-- Outcomes: opened, forbidden, invalid, idempotency_conflict.
-- Locks: log.replays.
CREATE OR REPLACE FUNCTION governance.propose_sanction(p_actor uuid, p_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_prior log.answer := log.replay('governance', p_actor::text, p_key, 'propose_sanction', p_body);
    v_errors jsonb;
    v_id uuid;
BEGIN
    IF v_prior.outcome IS NOT NULL THEN
        RETURN v_prior;
    ELSIF NOT governance.is_office(p_actor, 'council') AND NOT governance.is_office(p_actor, 'licensing_officer') THEN
        RETURN log.refusal('forbidden', 'the council, the licensing officer, or a board decision proposes sanctions');
    END IF;
    v_errors := governance.check_sanction(p_body, '');
    IF v_errors <> '[]' THEN
        RETURN log.refusal('invalid', 'the sanction cannot be proposed as it is', v_errors);
    END IF;
    v_id := governance.write_sanction(p_body, NULL, p_actor);
    RETURN log.remember('governance', p_actor::text, p_key, 'propose_sanction', p_body, log.answer('opened', governance.sanction_body(v_id)));
END
$$;
