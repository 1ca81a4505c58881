-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a one-time code for a new member to open an account with; NULL in a database without the portal.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.make_invite(p_member uuid, p_email_hash bytea) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_catalog.to_regprocedure('portal.make_invite(text,uuid,bytea,uuid)') IS NOT NULL THEN
        RETURN portal.make_invite('member', p_member, p_email_hash, NULL);
    END IF;
    RETURN NULL;
END
$$;
