-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the effects a type of proposal may carry.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.effects_of(p_type text) RETURNS text[]
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_type
        WHEN 'terms' THEN ARRAY['terms_version'] WHEN 'benefit_rule' THEN ARRAY['benefit_rule']
        WHEN 'prohibit_purpose' THEN ARRAY['prohibition_add'] WHEN 'permit_purpose' THEN ARRAY['prohibition_lift']
        WHEN 'bylaw' THEN ARRAY['bylaw_text', 'rule_row'] WHEN 'entrenched' THEN ARRAY['bylaw_text', 'rule_row']
        WHEN 'succession' THEN ARRAY['asset_succession']
        WHEN 'policy' THEN ARRAY['policy_text', 'pool_charter', 'asset_register']
        WHEN 'board_election' THEN ARRAY['seats'] WHEN 'council_election' THEN ARRAY['seats'] WHEN 'budget_round' THEN ARRAY['budget_awards']
        WHEN 'recall' THEN ARRAY['recall'] WHEN 'expulsion' THEN ARRAY['expulsion']
        WHEN 'board_decision' THEN ARRAY['policy_text', 'appointment', 'sanction'] ELSE ARRAY[]::text[] END;
$$;
