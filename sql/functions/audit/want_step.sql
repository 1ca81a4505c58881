-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the amount a step wants of its base (payout.md 7.2), after max.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.want_step(p_step jsonb, p_base numeric, p_inputs jsonb) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT LEAST((p_step->>'max')::numeric, CASE
        WHEN p_step->>'kind' = 'require' THEN (p_step->>'at_least')::numeric
        WHEN p_step->>'amount_from' IS NOT NULL THEN (p_inputs->>'rail_fees')::numeric
        WHEN p_step->>'amount' IS NOT NULL THEN (p_step->>'amount')::numeric
        WHEN p_step->>'kind' = 'until_target' THEN LEAST(audit.rounded(p_base, p_step), GREATEST(0, (p_step->>'target')::numeric
            - (p_inputs->'balances'->>(p_step->>'to'))::numeric - COALESCE((SELECT f.minor FROM audit.work_fund AS f WHERE f.path = p_step->>'to'), 0)))
        ELSE audit.rounded(p_base, p_step) END);
$$;
