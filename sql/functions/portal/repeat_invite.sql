-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a remembered answer with an invite for its repeat. log.remember keeps no code, only that there was one (true); whoever lost
--          the first answer gets a fresh code, which kills the earlier one, or null when the account is open or p_allowed is false.
-- Outcomes: that of the answer given.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.repeat_invite(p_answer log.answer, p_kind text, p_subject uuid, p_email_hash bytea, p_organisation uuid,
    p_allowed boolean DEFAULT true) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_code text;
BEGIN
    IF (p_answer).body -> 'invite' IS DISTINCT FROM 'true' THEN
        RETURN p_answer;
    END IF;
    IF p_allowed AND NOT EXISTS (SELECT FROM portal.account AS a WHERE a.subject = p_subject) THEN
        v_code := portal.make_invite(p_kind, p_subject, p_email_hash, p_organisation);
    END IF;
    RETURN log.answer((p_answer).outcome, (p_answer).body || pg_catalog.jsonb_build_object('invite', v_code));
END
$$;
