-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an officer takes an own approver key back; it approves nothing any more.
-- Outcomes: ok, not_found.
-- Locks: the key.
CREATE OR REPLACE FUNCTION payout.revoke_key(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE payout.approver_key SET revoked_at = COALESCE(revoked_at, pg_catalog.clock_timestamp()) WHERE id = p_id AND member_id = p_actor;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'there is no such key of yours');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('id', p_id));
END
$$;
