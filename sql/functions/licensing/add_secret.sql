-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a further secret for rotation; two live at most. Member ends of the body names one to end first.
-- Outcomes: created, not_found, two_secrets_live, idempotency_conflict.
-- Locks: those of log.replay; the client's row.
CREATE OR REPLACE FUNCTION licensing.add_secret(p_actor uuid, p_key text, p_client text, p_secret_sha256 text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'add_secret ' || p_client, p_body);
    v_no integer;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    PERFORM FROM licensing.client AS c WHERE c.id = p_client AND c.organisation_id = licensing.organisation_of(p_actor) AND c.ended_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF (SELECT pg_catalog.count(*) FROM licensing.client_secret AS s WHERE s.client_id = p_client AND s.ended_at IS NULL
            AND s.no IS DISTINCT FROM (p_body ->> 'ends')::integer) >= 2 THEN
        RETURN log.answer('two_secrets_live');
    END IF;
    UPDATE licensing.client_secret SET ended_at = pg_catalog.clock_timestamp()
    WHERE client_id = p_client AND no = (p_body ->> 'ends')::integer AND ended_at IS NULL;
    INSERT INTO licensing.client_secret (client_id, no, sha256)
    SELECT p_client, 1 + COALESCE(pg_catalog.max(s.no), 0), p_secret_sha256 FROM licensing.client_secret AS s WHERE s.client_id = p_client
    RETURNING no INTO v_no;
    RETURN log.remember('licensing', p_actor::text, p_key, 'add_secret ' || p_client, p_body, log.answer('created',
        pg_catalog.jsonb_build_object('client_id', p_client, 'no', v_no, 'secret_sha256', p_secret_sha256)));
END
$$;
