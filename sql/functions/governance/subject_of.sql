-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a proposal is about: where two have the same subject and are not mere texts, the newer supersedes the older.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.subject_of(p_effect jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE p_effect ->> 'schema'
        WHEN 'terms_version' THEN 'terms:' || COALESCE(p_effect -> 'document' ->> 'pool', '')
        WHEN 'pool_charter' THEN 'pool_charter:' || COALESCE(p_effect -> 'document' ->> 'pool', '')
        WHEN 'benefit_rule' THEN 'benefit_rule:' || COALESCE(p_effect -> 'document' ->> 'rule', '')
        WHEN 'prohibition_add' THEN 'prohibition:' || COALESCE(p_effect ->> 'purpose', '')
        WHEN 'prohibition_lift' THEN 'prohibition:' || COALESCE(p_effect ->> 'purpose', '')
        WHEN 'bylaw_text' THEN 'bylaw:' || COALESCE(p_effect ->> 'clause', '')
        WHEN 'rule_row' THEN 'rule:' || COALESCE(p_effect -> 'rule' ->> 'type', '')
        WHEN 'asset_register' THEN 'asset:' || COALESCE(p_effect ->> 'ref', '')
        WHEN 'asset_succession' THEN 'asset:' || COALESCE(p_effect ->> 'ref', '')
        WHEN 'expulsion' THEN 'expulsion:' || COALESCE(p_effect ->> 'member_id', '')
        WHEN 'recall' THEN 'recall:' || COALESCE(p_effect ->> 'office_id', '')
        ELSE p_effect ->> 'schema' END;
$$;
