-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why a member has no line in a run: aborted (the rule stopped the run), not_listed (no contribution by the month's end), not_eligible (no
--          split was passed), no_weight (nothing of the member's weighed), too_small (less than a minor unit, and no unit of the rest).
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.why_no_line(p_outcome text, p_eligibility jsonb, p_own jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN p_outcome = 'aborted' THEN 'aborted'
        WHEN p_own IS NULL THEN 'not_listed'
        WHEN NOT p_eligibility @? '$[*] ? (@.passes == true || @.contributions[*].passes == true)' THEN 'not_eligible'
        WHEN (p_own->>'units')::numeric = 0 AND (p_own->>'external')::numeric = 0 THEN 'no_weight'
        ELSE 'too_small' END;
$$;
