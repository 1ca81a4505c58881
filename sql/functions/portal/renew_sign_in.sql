-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a sign-in alive and gives the claims of its next token.
-- Outcomes: ok; not_signed_in.
-- Locks: the sign-in's row.
CREATE OR REPLACE FUNCTION portal.renew_sign_in(p_token_sha256 bytea) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_claims jsonb := portal.claims(p_token_sha256);
BEGIN
    IF v_claims IS NULL THEN
        RETURN log.refusal('not_signed_in', 'this sign-in has ended');
    END IF;
    UPDATE portal.sign_in SET used_at = pg_catalog.clock_timestamp() WHERE token_sha256 = p_token_sha256;
    RETURN log.answer('ok', v_claims);
END
$$;
