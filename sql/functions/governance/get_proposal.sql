-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: one proposal; with terms what licensing says of them (narrowing): whether they are wider than those in force, for whom, and
--          how many consents they keep and ask again; with a benefit rule what payout wants voters to know of it (warnings).
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_proposal(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN b.body IS NULL THEN log.refusal('not_found', 'no such proposal') ELSE log.answer('ok', b.body || CASE
            WHEN b.body ->> 'type' = 'terms' THEN pg_catalog.jsonb_build_object('narrowing', licensing.describe_terms(b.body #> '{effect,document}'))
            WHEN b.body #>> '{effect,schema}' = 'benefit_rule' THEN
                pg_catalog.jsonb_build_object('warnings', payout.check_benefit_rule(b.body #> '{effect,document}') -> 'warnings')
            ELSE '{}' END) END
    FROM (SELECT governance.proposal_body(p_id, p_actor) AS body) AS b;
$$;
