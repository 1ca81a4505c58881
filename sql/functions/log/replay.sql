-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the stored answer of a keyed write, or NULL when it is to be done now. First call of every creating function:
--          v_prior := log.replay('licensing', p_actor::text, p_key, 'submit_application ' || p_id, p_body);
--          IF v_prior.outcome IS NOT NULL THEN RETURN v_prior; END IF;
--          Nothing may refuse a repeat, so no check of standing, office or state stands before it. An answer that held an invite
--          goes through portal.repeat_invite.
-- Outcomes: that of the first time; idempotency_conflict when the key stands for another request.
-- Locks: advisory transaction lock on (schema, actor, key), so that a repeat waits for the first to commit.
CREATE OR REPLACE FUNCTION log.replay(p_schema text, p_actor text, p_key text, p_what text, p_body jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row log.idempotency;
BEGIN
    IF p_key IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(p_schema || ' ' || p_actor || ' ' || p_key, 1));
    SELECT * INTO v_row FROM log.idempotency WHERE schema_name = p_schema AND actor = p_actor AND key = p_key;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF v_row.request_sha256 <> pg_catalog.sha256(pg_catalog.convert_to(p_what || ' ' || COALESCE(p_body::text, ''), 'UTF8')) THEN
        RETURN log.answer('idempotency_conflict', NULL);
    END IF;
    RETURN log.answer(v_row.outcome, v_row.body);
END
$$;
