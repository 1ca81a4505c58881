-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: writes a notice to each member who has not switched its kind off; once per member, subject and kind.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.notify_members(p_members uuid[], p_subject text, p_kind text, p_body jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF pg_catalog.to_regprocedure('log.notify_member(uuid,text,text,jsonb)') IS NULL THEN
        RETURN;
    END IF;
    PERFORM log.notify_member(m.member_id, p_subject, p_kind, p_body)
    FROM pg_catalog.unnest(p_members) AS m (member_id)
    WHERE NOT EXISTS (SELECT FROM governance.notice_preference AS n WHERE n.member_id = m.member_id
                          AND n.kind = pg_catalog.regexp_replace(p_kind, '_2$', ''));
END
$$;
