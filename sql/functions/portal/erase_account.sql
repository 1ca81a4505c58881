-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the portal's part of an erasure, in governance's transaction: the account is closed for good, its sign-ins end, password, second
--          factor and the hash of the address go. The row stays for what refers to it.
-- Outcomes: none.
-- Locks: the account's row.
CREATE OR REPLACE FUNCTION portal.erase_account(p_subject uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE portal.sign_in AS s SET ended_at = COALESCE(s.ended_at, pg_catalog.clock_timestamp())
    FROM portal.account AS a WHERE a.account_id = s.account_id AND a.subject = p_subject;
    DELETE FROM portal.totp_key AS k USING portal.account AS a WHERE a.account_id = k.account_id AND a.subject = p_subject;
    DELETE FROM portal.failure AS f USING portal.account AS a WHERE a.email_hash = f.email_hash AND a.subject = p_subject;
    UPDATE portal.invite SET email_hash = NULL, used_at = COALESCE(used_at, pg_catalog.clock_timestamp()) WHERE subject = p_subject;
    UPDATE portal.account SET state = 'closed', password = '',
        email_hash = pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()))
    WHERE subject = p_subject;
$$;
