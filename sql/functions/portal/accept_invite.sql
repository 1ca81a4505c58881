-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens the account an invite stands for, with the e-mail address and password given.
-- Outcomes: created; already_accepted for the same address again; invite_unknown; invite_expired; invite_used; email_differs; email_taken.
-- Locks: the invite's row.
CREATE OR REPLACE FUNCTION portal.accept_invite(p_code text, p_email_hash bytea, p_password text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_invite portal.invite;
    v_account portal.account;
BEGIN
    SELECT * INTO v_invite FROM portal.invite
    WHERE code_sha256 = pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.upper(p_code), 'UTF8')) FOR UPDATE;
    IF NOT FOUND THEN
        RETURN log.refusal('invite_unknown', 'no invite has this code');
    END IF;
    SELECT * INTO v_account FROM portal.account WHERE subject = v_invite.subject;
    IF FOUND AND v_account.email_hash = p_email_hash THEN
        RETURN log.answer('already_accepted', pg_catalog.jsonb_build_object('kind', v_account.kind, 'subject', v_account.subject));
    END IF;
    IF v_invite.used_at IS NOT NULL OR v_account.account_id IS NOT NULL THEN
        RETURN log.refusal('invite_used', 'this invite has been used, or another took its place');
    END IF;
    IF v_invite.created_at < pg_catalog.clock_timestamp() - interval '30 days' THEN
        RETURN log.refusal('invite_expired', 'this invite is older than 30 days; ask for another');
    END IF;
    IF v_invite.email_hash IS NOT NULL AND v_invite.email_hash <> p_email_hash THEN
        RETURN log.refusal('email_differs', 'this invite was made for another e-mail address');
    END IF;
    IF EXISTS (SELECT FROM portal.account WHERE email_hash = p_email_hash) THEN
        RETURN log.refusal('email_taken', 'another account uses this e-mail address');
    END IF;
    INSERT INTO portal.account (kind, subject, organisation, email_hash, password)
    VALUES (v_invite.kind, v_invite.subject, v_invite.organisation, p_email_hash, p_password)
    RETURNING * INTO v_account;
    UPDATE portal.invite SET used_at = pg_catalog.clock_timestamp() WHERE code_sha256 = v_invite.code_sha256;
    RETURN log.answer('created', pg_catalog.jsonb_build_object('kind', v_account.kind, 'subject', v_account.subject));
END
$$;
