-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: seventh step of an evaluation of terms (licensing.md 7): the first tier of a rule, in the rule's order, whose class and purpose fit
--          and whose attestation is live. A day has 86,400 s.
-- Outcomes: none; NULL when none fits.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.fitting_tier(p_input jsonb, p_rule jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.v FROM pg_catalog.jsonb_array_elements_text(p_rule -> 'tiers') WITH ORDINALITY AS w (id, n)
    JOIN pg_catalog.jsonb_array_elements(p_input #> '{terms,tiers}') AS t (v) ON t.v ->> 'id' = w.id
    WHERE t.v -> 'org_classes' @> (p_input #> '{request,org_class}') AND t.v -> 'purposes' @> (p_input #> '{request,purpose}')
        AND (t.v ->> 'attest_days' IS NULL OR COALESCE(audit.seconds(p_input #>> '{context,attested_at}') <= audit.seconds(p_input #>> '{request,at}')
            AND audit.seconds(p_input #>> '{request,at}') < audit.seconds(p_input #>> '{context,attested_at}') + (t.v ->> 'attest_days')::numeric * 86400, false))
    ORDER BY w.n LIMIT 1;
$$;
