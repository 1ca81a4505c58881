-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a tallied budget round in the Pabulib format (.pb: META, PROJECTS, VOTES; fields with a semicolon between), for those who compare methods.
--          Amounts are minor units. Invalid ballots are left out: the format knows none over the budget.
-- Outcomes: ok, not_tallied, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.export_round(p_id uuid, OUT outcome text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id AND x.type = 'budget_round' AND x.state <> 'draft');
    e jsonb := governance.effect_of(p_id);
    v_result jsonb := (SELECT t.result FROM governance.tally AS t WHERE t.proposal_id = p_id);
    v_refusal log.answer := CASE WHEN p.id IS NULL THEN log.refusal('not_found', 'no such budget round')
        WHEN v_result IS NULL THEN log.refusal('not_tallied', 'a round is exported when it is tallied') END;
    v_projects text;
    v_votes text;
    v_count bigint;
BEGIN
    outcome := COALESCE(v_refusal.outcome, 'ok');
    body := v_refusal.body;
    IF v_refusal IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT pg_catalog.string_agg(pg_catalog.format(E'%s;%s;%s;"%s";%s\n', j.value ->> 'number', j.value ->> 'cost', r.value ->> 'approvals',
               pg_catalog.replace(j.value ->> 'title', '"', '""'), (r.value ->> 'decision' = 'selected')::integer), '' ORDER BY (j.value ->> 'number')::integer)
    INTO v_projects
    FROM pg_catalog.jsonb_array_elements(e -> 'projects') AS j
    JOIN pg_catalog.jsonb_array_elements(v_result -> 'ranking') AS r ON r.value -> 'project' = j.value -> 'number';
    SELECT pg_catalog.string_agg(v.n || ';' || v.vote || E'\n', '' ORDER BY v.n), pg_catalog.count(*) INTO v_votes, v_count
    FROM (SELECT pg_catalog.row_number() OVER (ORDER BY o.record_sha256) AS n,
                 pg_catalog.translate(pg_catalog.btrim(o.choice::jsonb -> 'p' #>> '{}', '[]'), ' ', '') AS vote
          FROM governance.opened_choice AS o
          CROSS JOIN LATERAL (SELECT COALESCE(pg_catalog.sum((j.value ->> 'cost')::bigint), 0) AS cost, pg_catalog.count(DISTINCT j.value) AS known
                              FROM pg_catalog.jsonb_array_elements(e -> 'projects') AS j WHERE o.choice::jsonb -> 'p' @> (j.value -> 'number')) AS c
          WHERE o.box = p_id || '/1' AND c.known = pg_catalog.jsonb_array_length(o.choice::jsonb -> 'p') AND c.cost <= (e -> 'pot' ->> 'minor')::bigint) AS v;
    body := pg_catalog.format(E'META\nkey;value\ndescription;"%s"\ncountry;Worldwide\nunit;"%s"\ninstance;%s\nnum_projects;%s\nnum_votes;%s\nbudget;%s\ncurrency;%s\n'
        || E'comment;amounts are minor units\nvote_type;approval\nrule;greedy\nmin_length;0\nmax_sum_cost;%s\ndate_begin;%s\ndate_end;%s\n'
        || E'PROJECTS\nproject_id;cost;votes;name;selected\n%sVOTES\nvoter_id;vote\n%s',
        (SELECT pg_catalog.replace(v.title, '"', '""') FROM governance.proposal_version AS v WHERE v.proposal_id = p_id AND v.version = p.version),
        (SELECT pg_catalog.replace(c.name, '"', '""') FROM governance.charter AS c), p_id, pg_catalog.jsonb_array_length(e -> 'projects'), v_count,
        e -> 'pot' ->> 'minor', e -> 'pot' ->> 'currency', e -> 'pot' ->> 'minor', pg_catalog.to_char(p.opens_at AT TIME ZONE 'UTC', 'DD.MM.YYYY'),
        pg_catalog.to_char(p.closes_at AT TIME ZONE 'UTC', 'DD.MM.YYYY'), v_projects, COALESCE(v_votes, ''));
END
$$;
