-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: adds a row to the standing of a member; the guard refuses moves that do not exist.
-- Outcomes: none; a forbidden move raises.
-- Locks: advisory transaction lock on the member.
CREATE OR REPLACE FUNCTION governance.write_standing(p_member uuid, p_standing text, p_by uuid, p_reason text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('governance.member ' || p_member, 1));
    INSERT INTO governance.standing (member_id, seq, standing, since_at, by_member, reason)
    SELECT p_member, COALESCE(pg_catalog.max(s.seq), 0) + 1, p_standing, pg_catalog.clock_timestamp(), p_by, p_reason
    FROM governance.standing AS s WHERE s.member_id = p_member;
END
$$;
