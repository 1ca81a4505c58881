-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the licensing officer says which class an organisation is of, from now on, and on which evidence.
-- Outcomes: ok, not_found, forbidden, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.verify_class(p_actor uuid, p_key text, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'verify_class ' || p_id, p_body);
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF NOT licensing.is_officer(p_actor) THEN
        RETURN log.refusal('forbidden', 'only the licensing officer verifies classes');
    ELSIF NOT EXISTS (SELECT FROM licensing.organisation AS o WHERE o.organisation_id = p_id) THEN
        RETURN log.answer('not_found');
    END IF;
    INSERT INTO licensing.organisation_class (organisation_id, from_at, class, verified_by, evidence)
    VALUES (p_id, pg_catalog.clock_timestamp(), p_body ->> 'class', p_actor, p_body ->> 'evidence');
    RETURN log.remember('licensing', p_actor::text, p_key, 'verify_class ' || p_id, p_body,
        log.answer('ok', licensing.organisation_body(p_id)));
END
$$;
