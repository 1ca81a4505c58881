-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member is expelled, with the offices held; what was earned stays payable, what was given stays governed by its consents, and an appeal is open to them.
-- Outcomes: none; raises where no vote in force says so.
-- Locks: advisory transaction lock on the member.
CREATE OR REPLACE FUNCTION governance.expel_member(p_member uuid) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM governance.write_standing(p_member, 'expelled', NULL, 'expelled by vote');
    PERFORM governance.end_office(o.office_id, 'left', NULL) FROM governance.office_in_force AS o
    WHERE o.member_id = p_member AND o.until_at > pg_catalog.now();
END
$$;
