-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps a new, unconfirmed TOTP key of an account; one that is confirmed must be removed first.
-- Outcomes: created; not_allowed_here.
-- Locks: the key's row.
CREATE OR REPLACE FUNCTION portal.store_totp_key(p_subject uuid, p_sealed bytea) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO portal.totp_key (account_id, sealed)
    SELECT account_id, p_sealed FROM portal.account WHERE subject = p_subject
    ON CONFLICT (account_id) DO UPDATE SET sealed = p_sealed WHERE portal.totp_key.confirmed_at IS NULL;
    IF NOT FOUND THEN
        RETURN log.refusal('not_allowed_here', 'a second factor is set up already');
    END IF;
    RETURN log.answer('created', '{}');
END
$$;
