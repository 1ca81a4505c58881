-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores a new password if the old hash is still the one that was checked, and ends every other sign-in of the account.
-- Outcomes: password_changed; stale.
-- Locks: the account's row.
CREATE OR REPLACE FUNCTION portal.change_password(p_subject uuid, p_old text, p_new text, p_keep_csrf text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_account uuid;
BEGIN
    UPDATE portal.account SET password = p_new, password_at = pg_catalog.clock_timestamp()
    WHERE subject = p_subject AND password = p_old RETURNING account_id INTO v_account;
    IF v_account IS NULL THEN
        RETURN log.refusal('stale', 'the password was changed in the meantime');
    END IF;
    UPDATE portal.sign_in SET ended_at = pg_catalog.clock_timestamp()
    WHERE account_id = v_account AND ended_at IS NULL AND csrf IS DISTINCT FROM p_keep_csrf;
    RETURN log.answer('password_changed', '{}');
END
$$;
