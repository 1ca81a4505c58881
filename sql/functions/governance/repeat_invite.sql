-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a remembered answer about the member body.id for its repeat, with a fresh invite where the first had one and the account is
--          not open yet; p_allowed says whether the actor may still hand one out. Unchanged in a database without the portal.
-- Outcomes: that of the answer given.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.repeat_invite(p_answer log.answer, p_email_hash bytea, p_allowed boolean) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_catalog.to_regprocedure('portal.repeat_invite(log.answer,text,uuid,bytea,uuid,boolean)') IS NOT NULL THEN
        RETURN portal.repeat_invite(p_answer, 'member', ((p_answer).body ->> 'id')::uuid, p_email_hash, NULL, p_allowed);
    END IF;
    RETURN p_answer;
END
$$;
