-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a rule row is above the floors of the asset lock (governance.md section 12): support of 2/3 in all and of 1/2 in each class, a quorum of 1/3, every class, all
--          members, two readings, ballots that lead to their choices.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.keeps_floors(p_rule jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(3 * r.s_num >= 2 * r.s_den AND 2 * r.cs_num >= r.cs_den AND 3 * r.q_num >= r.q_den AND r.must_carry = 7 AND r.classes_needed = 3 AND r.readings >= 2
        AND (r.electorate, r.method, r.board_mode) = ('all', 'rule', 'linked'), false)
    FROM pg_catalog.jsonb_to_record(p_rule) AS r (s_num numeric, s_den numeric, cs_num numeric, cs_den numeric, q_num numeric, q_den numeric, must_carry integer, classes_needed integer, readings integer,
        electorate text, method text, board_mode text);
$$;
