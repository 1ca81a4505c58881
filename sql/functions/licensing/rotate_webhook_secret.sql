-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a new key that signs first; the newest so far signs beside it for overlap_hours (24 when not said, 0: not at all), an older one
--          ends at once, so that never more than two sign. The body's scheme may change the kind of signature
--          (p_public_key is used by v1a alone).
-- Outcomes: ok, not_found, idempotency_conflict.
-- Locks: those of log.replay; the endpoint's row.
CREATE OR REPLACE FUNCTION licensing.rotate_webhook_secret(p_actor uuid, p_key text, p_id uuid, p_sealed bytea, p_public_key text, p_body jsonb)
RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_what text := 'rotate_webhook_secret ' || p_id;
    v_answer log.answer := log.replay('licensing', p_actor::text, p_key, v_what, p_body);
    v_until timestamptz := pg_catalog.clock_timestamp() + COALESCE((p_body ->> 'overlap_hours')::integer, 24) * interval '1 hour';
    v_no integer;
    v_scheme text;
BEGIN
    IF v_answer.outcome IS NOT NULL THEN
        RETURN v_answer;
    ELSIF licensing.own_webhook(licensing.organisation_of(p_actor), p_id) IS NULL THEN
        RETURN log.answer('not_found');
    END IF;
    SELECT k.no, COALESCE(p_body ->> 'scheme', k.scheme) INTO STRICT v_no, v_scheme
    FROM licensing.webhook_key AS k WHERE k.endpoint_id = p_id ORDER BY k.no DESC LIMIT 1;
    DELETE FROM licensing.webhook_key WHERE endpoint_id = p_id AND no < v_no;
    UPDATE licensing.webhook_key SET until_at = v_until WHERE endpoint_id = p_id AND no = v_no;
    INSERT INTO licensing.webhook_key (endpoint_id, no, scheme, sealed, public_key)
    VALUES (p_id, v_no + 1, v_scheme, p_sealed, CASE WHEN v_scheme = 'v1a' THEN p_public_key END);
    RETURN log.remember('licensing', p_actor::text, p_key, v_what, p_body, log.answer('ok',
        licensing.webhook_body(p_id) || pg_catalog.jsonb_build_object('sealed_sha256', pg_catalog.encode(pg_catalog.sha256(p_sealed), 'hex'))));
END
$$;
