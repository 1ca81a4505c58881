-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member erases itself: leaves first where it has not, with the offices held; then consents, contributions, the salts of
--          lines and payee accounts, and the account (licensing, payout, portal), and last the name: the member's key is destroyed and the row nulled. Ballots, usage, journal and consent
--          events keep the random reference; no result and no balance changes. Repeating it answers the same.
-- Outcomes: accepted, not_found, not_allowed_here.
-- Locks: advisory transaction lock on the member; those of licensing.erase_member; the person's and the account's row.
CREATE OR REPLACE FUNCTION governance.erase_member(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_standing text := (SELECT m.standing FROM governance.member_now AS m WHERE m.member_id = p_id);
    v_erased timestamptz;
BEGIN
    IF p_actor IS DISTINCT FROM p_id OR v_standing IS NULL THEN
        RETURN log.refusal('not_found', 'no such member, or it is not you');
    ELSIF v_standing = 'deceased' THEN
        RETURN log.refusal('not_allowed_here', 'the standing of this member is ' || v_standing);
    END IF;
    IF v_standing NOT IN ('left', 'expelled') THEN
        PERFORM governance.write_standing(p_id, 'left', NULL, 'erased');
        PERFORM governance.end_office(o.office_id, 'left', NULL) FROM governance.office_in_force AS o
        WHERE o.member_id = p_id AND o.until_at > pg_catalog.now();
    END IF;
    PERFORM licensing.erase_member(p_id);
    PERFORM payout.erase_member(p_id);
    PERFORM portal.erase_account(p_id);
    UPDATE governance.person SET wrapped_key = NULL, display_name = NULL, email = NULL, email_hash = NULL,
        erased_at = pg_catalog.clock_timestamp()
    WHERE member_id = p_id AND erased_at IS NULL;
    SELECT p.erased_at INTO v_erased FROM governance.person AS p WHERE p.member_id = p_id;
    RETURN log.answer('accepted', pg_catalog.jsonb_build_object('id', p_id,
        'standing', CASE WHEN v_standing = 'expelled' THEN 'expelled' ELSE 'left' END, 'erased_at', log.time_text(v_erased)));
END
$$;
