-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: whether a rule row stands on the floors of the asset lock, which no vote lowers: pooled support of 2/3, support of 1/2 in each class, a
--          quorum of 1/3, all classes, all members, two readings; ballots that lead to their choices, or there would be nothing to recount. core/rules.c says the same of charters and drafts.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.keeps_lock(p_rule jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((p_rule ->> 's_num')::bigint * 3 >= 2 * (p_rule ->> 's_den')::bigint
        AND (p_rule ->> 'cs_num')::bigint * 2 >= (p_rule ->> 'cs_den')::bigint
        AND (p_rule ->> 'q_num')::bigint * 3 >= (p_rule ->> 'q_den')::bigint
        AND (p_rule ->> 'must_carry')::integer = 7 AND (p_rule ->> 'classes_needed')::integer = 3
        AND (p_rule ->> 'readings')::integer >= 2 AND p_rule ->> 'electorate' = 'all' AND p_rule ->> 'method' = 'rule'
        AND p_rule ->> 'board_mode' = 'linked', false);
$$;
