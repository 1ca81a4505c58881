-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the sealed TOTP key that waits for its first code.
-- Outcomes: ok; not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.find_totp_key(p_subject uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', pg_catalog.jsonb_build_object('sealed', pg_catalog.encode(t.sealed, 'hex')))
                     FROM portal.totp_key AS t JOIN portal.account AS a USING (account_id)
                     WHERE a.subject = p_subject AND t.confirmed_at IS NULL),
                    log.refusal('not_found', 'no second factor waits for confirmation'));
$$;
