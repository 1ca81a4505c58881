-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N9 for one day: every stored evaluation decided again from its terms and input, member by member of its output, with the
--          counts of members it says it found; and that its terms were the ones in force.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_evaluations(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH e AS MATERIALIZED (
        SELECT v.*, audit.decide_policy(pg_catalog.jsonb_build_object('terms', v.doc, 'request', v.input -> 'request', 'counts', v.input #> '{context,covered}',
            'context', pg_catalog.jsonb_build_object('attested_at', v.input #> '{context,attested_at}', 'prohibitions', v.input #> '{context,prohibitions}',
                'sanctions', v.input #> '{context,sanctions}'))) AS again
        FROM audit.evaluations_of(p_unit) AS v)
    SELECT 'evaluation', e.id::text, m.name, (e.again -> m.name)::text, COALESCE((e.output -> m.name)::text, 'none'),
        'the terms give another decision on this input than the one that was stored'
    FROM e CROSS JOIN pg_catalog.unnest(ARRAY['decision', 'reasons', 'rule', 'tier', 'columns', 'duties', 'covered_members', 'not_after']) AS m (name)
    WHERE e.doc IS NOT NULL AND e.again -> m.name IS DISTINCT FROM e.output -> m.name
    UNION ALL
    SELECT 'evaluation', e.id::text, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM e CROSS JOIN LATERAL (VALUES
        ('stored decision', e.output ->> 'decision', e.decision, 'the row and its output disagree'),
        ('terms_hash', e.terms_sha256, e.output ->> 'terms_hash', 'the output was made under other terms than the row names'),
        ('context terms', e.terms_sha256, e.input #>> '{context,terms_sha256}', 'the input was read under other terms than the row names'),
        ('request at', e.input #>> '{context,at}', e.input #>> '{request,at}', 'the request was decided for another instant than its facts were read at'),
        ('terms', 'enacted terms', CASE WHEN e.doc IS NULL THEN e.terms_sha256 ELSE 'enacted terms' END, 'no version of any pool''s terms has this hash'),
        ('terms in force', 'in force', CASE WHEN e.from_at < e.instant + interval '1 second' AND (e.until_at IS NULL OR e.until_at > e.instant - interval '2 seconds') OR e.doc IS NULL
            THEN 'in force' ELSE 'not in force then' END, 'the evaluation rests on terms that did not rule at its instant')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found;
$$;
