-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: counts a failed sign-in, and forgets those that no longer count.
-- Outcomes: sign_in_refused, always.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.record_failure(p_email_hash bytea, p_address text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM portal.failure WHERE at < pg_catalog.clock_timestamp() - interval '15 minutes';
    INSERT INTO portal.failure (email_hash, address) VALUES (p_email_hash, p_address);
    RETURN log.refusal('sign_in_refused', 'e-mail address, password or code is wrong');
END
$$;
