-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: GOV-T1: of each tallied reading of an election or a budget round, what its count rests on and what it came to: {rule, tally: {effect, result}, lot_seed, opened: [{choice, count}]}.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.choices_of(p_proposal uuid) RETURNS TABLE (reading integer, count jsonb)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.reading, pg_catalog.jsonb_build_object('rule', p.rule, 'tally', pg_catalog.jsonb_build_object('effect', v.effect, 'result', t.result), 'lot_seed', t.lot_seed, 'opened',
        (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('choice', o.choice, 'count', o.times) ORDER BY o.choice), '[]')
         FROM (SELECT x.choice, pg_catalog.sum(x.times) AS times FROM audit.opened_in(p.id || '/' || t.reading) AS x GROUP BY x.choice) AS o))
    FROM governance.proposal AS p JOIN governance.tally AS t ON t.proposal_id = p.id JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version
    WHERE p.id = p_proposal AND p.rule ->> 'method' <> 'rule';
$$;
