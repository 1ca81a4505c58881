-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a vote row for every seated member of a body, and a notice to each. Who is staff of the organisation the case is about does not
--          vote: their seat starts with a conflict, public like a declared one.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.seat_case(p_case uuid, p_body text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO governance.council_vote (case_id, body_name, seat, member_id, conflict, at)
    SELECT p_case, p_body, o.seat, o.member_id, CASE WHEN s.staff THEN 'staff of the organisation' END, CASE WHEN s.staff THEN pg_catalog.clock_timestamp() END
    FROM governance.office_in_force AS o CROSS JOIN LATERAL (SELECT governance.is_staff(o.member_id, governance.case_organisation(p_case)) AS staff) AS s
    WHERE o.body = p_body AND o.from_at <= pg_catalog.clock_timestamp() AND o.until_at > pg_catalog.clock_timestamp();
    SELECT governance.notify_members(ARRAY(SELECT v.member_id FROM governance.council_vote AS v WHERE v.case_id = p_case AND v.body_name = p_body),
        'case ' || p_case, 'case_opened', pg_catalog.jsonb_build_object('case_id', p_case, 'body', p_body));
$$;
