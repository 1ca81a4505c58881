-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a rule row as a proposal about this member is decided by: with must_carry_subject the class they are in joins those that must carry.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.rule_for(p_rule jsonb, p_member uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT pg_catalog.jsonb_set(p_rule, '{must_carry}', pg_catalog.to_jsonb((p_rule ->> 'must_carry')::integer | CASE m.class WHEN 'U' THEN 1 WHEN 'W' THEN 2 ELSE 4 END))
        FROM governance.member_now AS m WHERE m.member_id = p_member AND (p_rule ->> 'must_carry_subject')::boolean), p_rule);
$$;
