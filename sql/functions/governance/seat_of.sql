-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the seat of a member in the body that decides a case now, with its vote. NULL fields when the member was not seated when the case came
--          to the body, or holds the office no more.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.seat_of(p_case governance.council_case, p_member uuid) RETURNS governance.council_vote
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row governance.council_vote;
BEGIN
    SELECT * INTO v_row FROM governance.council_vote AS v WHERE v.case_id = p_case.id AND v.body_name = p_case.body_name AND v.member_id = p_member
        AND governance.is_office(p_member, p_case.body_name);
    RETURN v_row;
END
$$;
