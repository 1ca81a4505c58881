-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: stores a sign-in whose password (and code) held. A TOTP step works once: p_totp_step must be newer than the last.
-- Outcomes: created, with the claims of the token; sign_in_refused when the code was used before.
-- Locks: the account's totp_key row.
CREATE OR REPLACE FUNCTION portal.start_sign_in(p_account uuid, p_token_sha256 bytea, p_csrf text, p_totp_step bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF p_totp_step IS NOT NULL THEN
        UPDATE portal.totp_key SET last_step = p_totp_step
        WHERE account_id = p_account AND last_step < p_totp_step AND confirmed_at IS NOT NULL;
        IF NOT FOUND THEN
            RETURN log.refusal('sign_in_refused', 'e-mail address, password or code is wrong');
        END IF;
    END IF;
    DELETE FROM portal.failure AS f USING portal.account AS a WHERE a.account_id = p_account AND f.email_hash = a.email_hash;
    INSERT INTO portal.sign_in (token_sha256, account_id, csrf, with_totp)
    VALUES (p_token_sha256, p_account, p_csrf, p_totp_step IS NOT NULL);
    RETURN log.answer('created', portal.claims(p_token_sha256));
END
$$;
