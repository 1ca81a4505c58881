-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: ends a sign-in; ending one that has ended is fine.
-- Outcomes: ok.
-- Locks: the sign-in's row.
CREATE OR REPLACE FUNCTION portal.end_sign_in(p_token_sha256 bytea) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE portal.sign_in SET ended_at = pg_catalog.clock_timestamp() WHERE token_sha256 = p_token_sha256 AND ended_at IS NULL;
    RETURN log.answer('ok', '{"signed_in": false}');
END
$$;
