-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: from now on sign-ins of this account ask for a code.
-- Outcomes: totp_confirmed; stale when the key was replaced since it was checked.
-- Locks: the key's row.
CREATE OR REPLACE FUNCTION portal.confirm_totp_key(p_subject uuid, p_sealed bytea, p_step bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE portal.totp_key AS t SET confirmed_at = pg_catalog.clock_timestamp(), last_step = p_step
    FROM portal.account AS a
    WHERE a.account_id = t.account_id AND a.subject = p_subject AND t.sealed = p_sealed AND t.confirmed_at IS NULL;
    IF NOT FOUND THEN
        RETURN log.refusal('stale', 'the key was replaced in the meantime');
    END IF;
    RETURN log.answer('totp_confirmed', '{}');
END
$$;
