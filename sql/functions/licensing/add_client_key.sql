-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a public key by which a client signs assertions (p_jwk: {"kid","x"}, checked by the caller); two live at most, for rotation. Member ends
--          of the body names one to end first.
-- Outcomes: created, not_found, two_keys_live, not_allowed_here (that key is live), idempotency_conflict.
-- Locks: those of log.replay; the client's row.
CREATE OR REPLACE FUNCTION licensing.add_client_key(p_actor uuid, p_key text, p_client text, p_jwk jsonb, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'add_client_key ' || p_client, p_body);
    v_no integer;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    PERFORM FROM licensing.client AS c WHERE c.id = p_client AND c.organisation_id = licensing.organisation_of(p_actor) AND c.ended_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.answer('not_found');
    ELSIF EXISTS (SELECT FROM licensing.client_key AS k WHERE k.client_id = p_client AND k.ended_at IS NULL AND k.kid = p_jwk ->> 'kid') THEN
        RETURN log.refusal('not_allowed_here', 'this key is live already');
    ELSIF (SELECT pg_catalog.count(*) FROM licensing.client_key AS k WHERE k.client_id = p_client AND k.ended_at IS NULL
            AND k.no IS DISTINCT FROM (p_body ->> 'ends')::integer) >= 2 THEN
        RETURN log.answer('two_keys_live');
    END IF;
    UPDATE licensing.client_key SET ended_at = pg_catalog.clock_timestamp()
    WHERE client_id = p_client AND no = (p_body ->> 'ends')::integer AND ended_at IS NULL;
    INSERT INTO licensing.client_key (client_id, no, kid, x)
    SELECT p_client, 1 + COALESCE(pg_catalog.max(k.no), 0), p_jwk ->> 'kid', p_jwk ->> 'x' FROM licensing.client_key AS k WHERE k.client_id = p_client
    RETURNING no INTO v_no;
    RETURN log.remember('licensing', p_actor::text, p_key, 'add_client_key ' || p_client, p_body, log.answer('created',
        pg_catalog.jsonb_build_object('client_id', p_client, 'no', v_no, 'kid', p_jwk -> 'kid')));
END
$$;
