-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an OAuth client of the actor's organisation, with its first secret (SHA-256 only) or, where p_jwk is given ({"kid","x"}, checked by the
--          caller), with its first public key instead. The licensing officer may register a data plane for an organisation (body:
--          organisation_id, data_plane). secret_sha256 is in the answer so that the caller knows whether its secret is the stored one: a
--          repeat has none to show.
-- Outcomes: created, forbidden, not_found, invalid, idempotency_conflict.
-- Locks: those of log.replay.
CREATE OR REPLACE FUNCTION licensing.create_client(p_actor uuid, p_key text, p_secret_sha256 text, p_jwk jsonb, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'create_client', p_body);
    v_organisation uuid := licensing.organisation_of(p_actor);
    v_plane boolean := COALESCE((p_body ->> 'data_plane')::boolean, false);
    v_id text := pg_catalog.replace(log.new_id()::text, '-', '');
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    IF v_plane THEN
        IF NOT licensing.is_officer(p_actor) THEN
            RETURN log.refusal('forbidden', 'only the licensing officer registers data planes');
        END IF;
        SELECT o.organisation_id INTO v_organisation FROM licensing.organisation AS o WHERE o.organisation_id = (p_body ->> 'organisation_id')::uuid;
    ELSIF (p_body ->> 'organisation_id')::uuid <> v_organisation THEN
        RETURN log.refusal('invalid', 'organisation_id', pg_catalog.jsonb_build_array(
            licensing.field_error('/organisation_id', 'is not your organisation')));
    END IF;
    IF v_organisation IS NULL THEN
        RETURN CASE WHEN v_plane THEN log.answer('not_found') ELSE log.refusal('forbidden', 'only persons of an organisation have clients') END;
    END IF;
    INSERT INTO licensing.client (id, organisation_id, name, data_plane, created_by) VALUES (v_id, v_organisation, p_body ->> 'name', v_plane, p_actor);
    IF p_jwk IS NULL THEN
        INSERT INTO licensing.client_secret (client_id, no, sha256) VALUES (v_id, 1, p_secret_sha256);
    ELSE
        INSERT INTO licensing.client_key (client_id, no, kid, x) VALUES (v_id, 1, p_jwk ->> 'kid', p_jwk ->> 'x');
    END IF;
    RETURN log.remember('licensing', p_actor::text, p_key, 'create_client', p_body, log.answer('created', pg_catalog.jsonb_build_object(
        'client_id', v_id, 'name', p_body ->> 'name', 'data_plane', v_plane)
        || CASE WHEN p_jwk IS NULL THEN pg_catalog.jsonb_build_object('secret_sha256', p_secret_sha256)
            ELSE pg_catalog.jsonb_build_object('kid', p_jwk -> 'kid') END));
END
$$;
