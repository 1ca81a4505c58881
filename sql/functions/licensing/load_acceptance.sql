-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: first half of accepting an offer: the answer of an earlier one with this key, or what the trust has to sign.
-- Outcomes: those of log.replay and licensing.check_acceptance; accepting for a repeat (body.done).
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.load_acceptance(p_actor uuid, p_key text, p_id uuid, p_hash text, p_fresh boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'accept_offer ' || p_id, pg_catalog.to_jsonb(p_hash));
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    RETURN licensing.check_acceptance(p_actor, p_id, p_hash, p_fresh);
END
$$;
