-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: judges a rule for whoever drafts one.
-- Outcomes: ok, rule_invalid.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.check_rule(p_body jsonb) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN c.errors = '[]' THEN log.answer('ok', '{"valid": true}') ELSE log.refusal('rule_invalid', 'the rule is not lawful', c.errors) END
    FROM (SELECT payout.check_benefit_rule(p_body)->'errors' AS errors) AS c;
$$;
