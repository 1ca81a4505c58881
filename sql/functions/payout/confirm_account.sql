-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the member confirms a version with a fresh second factor (p_fresh, told by the verified session); a change is then confirmed by a second person (membership officer, treasurer or board) who is not the member. The last confirmation starts the cool-down.
-- Outcomes: confirmed, fresh_sign_in_required, same_person, cooling_down, not_found, not_allowed_here.
-- Locks: advisory on the member's accounts.
CREATE OR REPLACE FUNCTION payout.confirm_account(p_actor uuid, p_id uuid, p_fresh boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_account payout.payee_account;
    v_state text;
    v_change boolean;
    v_officer boolean := COALESCE(governance.is_office(p_actor, 'membership_officer') OR governance.is_office(p_actor, 'treasurer')
        OR governance.is_office(p_actor, 'board'), false);
BEGIN
    SELECT * INTO v_account FROM payout.payee_account WHERE id = p_id;
    IF NOT FOUND OR (v_account.member_id <> p_actor AND NOT v_officer) THEN
        RETURN log.refusal('not_found', 'there is no such account, or it is not yours');
    END IF;
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payee ' || v_account.member_id, 0));
    v_state := payout.account_state(p_id, pg_catalog.clock_timestamp());
    v_change := EXISTS (SELECT FROM payout.payee_account AS a JOIN payout.payee_account_event AS e ON e.id = a.id
        WHERE a.member_id = v_account.member_id AND a.version < v_account.version AND e.usable_at IS NOT NULL);
    IF v_state = 'cooling_down' THEN
        RETURN log.refusal('cooling_down', 'confirmed; usable from ' || (payout.account_json(p_id)->>'usable_at'));
    END IF;
    IF v_state NOT IN ('proposed', 'member_confirmed') OR EXISTS (SELECT FROM payout.payee_account AS a
        WHERE a.member_id = v_account.member_id AND a.version > v_account.version) THEN
        RETURN log.refusal('not_allowed_here', 'this version is ' || v_state || ' or a newer one is proposed');
    END IF;
    IF v_state = 'proposed' AND v_account.member_id <> p_actor THEN
        RETURN log.refusal('not_allowed_here', 'the member confirms first');
    END IF;
    IF v_state = 'member_confirmed' AND v_account.member_id = p_actor THEN
        RETURN log.refusal('same_person', 'a change is confirmed by a second person');
    END IF;
    IF v_state = 'proposed' AND NOT COALESCE(p_fresh, false) THEN
        RETURN log.answer('fresh_sign_in_required');
    END IF;
    INSERT INTO payout.payee_account_event (id, kind, actor, usable_at)
    VALUES (p_id, CASE v_state WHEN 'proposed' THEN 'confirmed' ELSE 'second' END, p_actor,
        CASE WHEN v_state = 'member_confirmed' THEN pg_catalog.clock_timestamp() + payout.charter_seconds('account_change_seconds', 604800)
            WHEN NOT v_change THEN pg_catalog.clock_timestamp() + payout.charter_seconds('account_first_seconds', 259200) END);
    RETURN log.answer('confirmed', payout.account_json(p_id));
END
$$;
