-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: judges a rule that is about to be tried out: {"valid", "warnings"}, as `commonhold calc check-rule` prints.
-- Outcomes: ok, rule_invalid.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_rule(p_body jsonb) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN c.verdict->'errors' = '[]' THEN log.answer('ok', pg_catalog.jsonb_build_object('valid', true, 'warnings', c.verdict->'warnings'))
        ELSE log.refusal('rule_invalid', 'the rule is not lawful', c.verdict->'errors') END
    FROM (SELECT payout.check_benefit_rule(p_body) AS verdict) AS c;
$$;
