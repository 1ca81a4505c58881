-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member is no longer staff of an organisation; the licensing or membership officer says so, since it opens seats to vote.
-- Outcomes: no_content, not_found, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.end_affiliation(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'licensing_officer') AND NOT governance.is_office(p_actor, 'membership_officer') THEN
        RETURN log.refusal('forbidden', 'the licensing or membership officer ends it');
    END IF;
    INSERT INTO governance.affiliation_end (affiliation_id, at)
    SELECT a.id, pg_catalog.clock_timestamp() FROM governance.affiliation AS a WHERE a.id = p_id AND a.member_id <> p_actor
    ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN log.refusal('not_found', 'no such entry, or it is your own');
    END IF;
    RETURN log.answer('no_content', NULL);
END
$$;
