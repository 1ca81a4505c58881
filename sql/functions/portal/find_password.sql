-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the stored hash a change of password must be checked against.
-- Outcomes: ok; not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.find_password(p_subject uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT log.answer('ok', pg_catalog.jsonb_build_object('password', password)) FROM portal.account
                     WHERE subject = p_subject AND state = 'open'),
                    log.refusal('not_found', 'this account is closed'));
$$;
