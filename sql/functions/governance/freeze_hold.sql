-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what keeps a proposal in discussion when its time is over: [] or [{pointer, detail}].
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.freeze_hold(p_proposal governance.proposal, p_effect jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT governance.check_effect(p_proposal.type, p_effect) || COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pointer', '', 'detail', h.detail)), '[]')
    FROM (
        SELECT 'the council has not given its ' || (p_proposal.rule ->> 'council') || ' yet' AS detail
        WHERE (p_proposal.rule ->> 'council' = 'concurrence' OR (p_proposal.rule ->> 'council' = 'opinion' AND EXISTS (
                  SELECT FROM governance.office_in_force AS o WHERE o.body = 'council' AND o.from_at <= pg_catalog.clock_timestamp()
                      AND o.until_at > pg_catalog.clock_timestamp())))
          AND NOT EXISTS (SELECT FROM governance.opinion AS o WHERE o.proposal_id = p_proposal.id AND o.version = p_proposal.version)
        UNION ALL
        SELECT 'the council does not concur'
        WHERE p_proposal.rule ->> 'council' = 'concurrence' AND EXISTS (SELECT FROM governance.opinion AS o
                  WHERE o.proposal_id = p_proposal.id AND o.version = p_proposal.version AND NOT o.approved)
        UNION ALL
        SELECT 'a class has fewer than five members who may vote: the vote could not be kept secret'
        WHERE p_proposal.rule ->> 'secrecy' = 'sealed' AND p_proposal.rule ->> 'small_class' = 'refuse' AND governance.has_small_class(p_proposal)
        UNION ALL
        SELECT 'a vote by ' || (p_proposal.rule ->> 'method') || ' is sealed, and about candidates or projects'
        WHERE p_proposal.rule ->> 'method' <> 'rule' AND (NOT governance.needs_sealing(p_proposal) OR p_effect ->> 'schema' NOT IN ('seats', 'budget_awards'))
    ) AS h;
$$;
