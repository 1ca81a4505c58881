-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a request for rows is decided on: the grant as licensing says it stands, its key (made now when there is none; the
--          caller brings a fresh one, wrapped). A request of the grant's quota is set aside for p_delivery: its first batch uses it, refusal returns it.
-- Outcomes: ok, quota_reached, and those of metering.check_token.
-- Locks: those of metering.lease_quota, the key's row.
CREATE OR REPLACE FUNCTION metering.load_delivery(p_grant uuid, p_pool text, p_epoch bigint, p_columns text[], p_wrapped bytea, p_delivery uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_answer log.answer := metering.check_token(p_grant, p_pool, p_epoch, 'read', 'download', p_columns);
    v_refusal log.answer;
BEGIN
    IF v_answer.outcome <> 'ok' THEN
        RETURN v_answer;
    END IF;
    v_refusal := metering.quota_used_up(p_grant, ARRAY['bytes', 'rows']); -- the first batch sees to the rest
    IF v_refusal.outcome <> 'ok' THEN
        RETURN v_refusal;
    ELSIF metering.lease_quota((v_answer.body ->> 'pool_id')::uuid, p_grant, p_delivery, 'requests', 1) = 0 THEN
        RETURN metering.quota_refusal(p_grant, ARRAY['requests'], 1);
    END IF;
    INSERT INTO metering.grant_key (grant_id, wrapped) VALUES (p_grant, p_wrapped) ON CONFLICT DO NOTHING;
    RETURN log.answer('ok', v_answer.body || pg_catalog.jsonb_build_object(
        'wrapped', (SELECT pg_catalog.encode(k.wrapped, 'hex') FROM metering.grant_key AS k WHERE k.grant_id = p_grant)));
END
$$;
