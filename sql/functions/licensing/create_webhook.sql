-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an endpoint of the actor's organisation with its first key; 10 of them at most. The key comes sealed, and its SHA-256 is in the
--          answer so that the caller knows whether the secret it holds is the stored one: a repeat has none to show.
-- Outcomes: created, forbidden, invalid, not_allowed_here, idempotency_conflict.
-- Locks: those of log.replay; the organisation's row.
CREATE OR REPLACE FUNCTION licensing.create_webhook(p_actor uuid, p_key text, p_id uuid, p_sealed bytea, p_public_key text, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, 'create_webhook', p_body);
    v_organisation uuid := licensing.organisation_of(p_actor);
    v_scheme text := COALESCE(p_body ->> 'scheme', 'v1');
    v_errors jsonb;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    END IF;
    PERFORM FROM licensing.organisation AS o WHERE o.organisation_id = v_organisation FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('forbidden', 'only persons of an organisation have webhooks');
    END IF;
    v_errors := licensing.webhook_types_unknown(COALESCE(p_body -> 'types', '[]'));
    IF v_errors IS NOT NULL THEN
        RETURN log.refusal('invalid', 'a type is not known', v_errors);
    ELSIF (SELECT pg_catalog.count(*) FROM licensing.webhook_endpoint AS e WHERE e.organisation_id = v_organisation AND e.ended_at IS NULL) >= 10 THEN
        RETURN log.refusal('not_allowed_here', 'an organisation has at most 10 webhooks: delete one first');
    END IF;
    INSERT INTO licensing.webhook_endpoint (id, organisation_id, url, description, types, created_by)
    VALUES (p_id, v_organisation, p_body ->> 'url', p_body ->> 'description',
        NULLIF(ARRAY(SELECT t FROM pg_catalog.jsonb_array_elements_text(COALESCE(p_body -> 'types', '[]')) AS t ORDER BY t), '{}'), p_actor);
    INSERT INTO licensing.webhook_key (endpoint_id, no, scheme, sealed, public_key)
    VALUES (p_id, 1, v_scheme, p_sealed, CASE WHEN v_scheme = 'v1a' THEN p_public_key END);
    RETURN log.remember('licensing', p_actor::text, p_key, 'create_webhook', p_body, log.answer('created',
        licensing.webhook_body(p_id) || pg_catalog.jsonb_build_object('sealed_sha256', pg_catalog.encode(pg_catalog.sha256(p_sealed), 'hex'))));
END
$$;
