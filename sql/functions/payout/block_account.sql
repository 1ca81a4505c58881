-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the member or an officer blocks a version: nothing is paid to it any more.
-- Outcomes: ok, not_found, not_allowed_here.
-- Locks: advisory on the member's accounts.
CREATE OR REPLACE FUNCTION payout.block_account(p_actor uuid, p_id uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_member uuid;
BEGIN
    SELECT member_id INTO v_member FROM payout.payee_account WHERE id = p_id;
    IF NOT FOUND OR NOT (v_member = p_actor OR COALESCE(governance.is_office(p_actor, 'membership_officer') OR governance.is_office(p_actor, 'treasurer'), false)) THEN
        RETURN log.refusal('not_found', 'there is no such account, or it is not yours');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payee ' || v_member, 0));
    INSERT INTO payout.payee_account_event (id, kind, actor, reason) VALUES (p_id, 'blocked', p_actor, p_body->>'reason') ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'it is blocked already');
    END IF;
    RETURN log.answer('ok', payout.account_json(p_id));
END
$$;
