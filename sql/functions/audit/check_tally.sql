-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A2 and GOV-T1: of each reading of a proposal that was tallied, the ballots counted again, and the decision made again from them, as tallied; what
--          followed is what was decided; the tally as its hash and the log say; the seed of its lots made of the ballots' keys. No reading of what was decided
--          is without a tally; each project that a budget round selected has its award, and no other. What an election or a budget round came to is counted again in C.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_tally(p_proposal uuid)
RETURNS TABLE (aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH p AS (SELECT x.*, CASE WHEN audit.is_uncontested(x.id) THEN 0 WHEN x.state = 'second_reading' THEN x.reading - 1 ELSE x.reading END AS due FROM governance.proposal AS x WHERE x.id = p_proposal),
    tallied AS MATERIALIZED (
        SELECT t.*, p.rule, p.proposal_sha256, h.sha256 AS roll_sha256, x.counted, audit.decided(p.rule, x.counted) AS decided, t.proposal_id || '/' || t.reading AS box, h.sealed,
            (SELECT e.to_state FROM governance.proposal_event AS e WHERE e.proposal_id = p.id AND e.seq > (SELECT y.seq FROM governance.proposal_event AS y
                WHERE y.proposal_id = p.id AND y.to_state = 'tallied' ORDER BY y.seq OFFSET t.reading - 1 LIMIT 1) ORDER BY e.seq LIMIT 1) AS next
        FROM p JOIN governance.tally AS t ON t.proposal_id = p.id LEFT JOIN governance.roll_head AS h ON h.proposal_id = p.id AND h.reading = t.reading
        CROSS JOIN LATERAL (SELECT CASE WHEN h.sealed THEN audit.count_sealed(p.id, t.reading) ELSE audit.count_named(p.id, t.reading) END AS counted) AS x)
    SELECT x.aspect || ' of reading ' || t.reading, x.expected, COALESCE(x.found, 'none'), x.about
    FROM tallied AS t CROSS JOIN LATERAL (VALUES
        ('counts', log.canonical(t.counted), log.canonical(t.counts), 'the ballots do not come to what was tallied: a ballot was added, changed or taken away'),
        ('decision', t.decided, pg_catalog.concat_ws(' ', t.outcome ->> 'outcome', t.outcome ->> 'class'), 'quorum and support do not give the decision that was tallied'),
        ('what followed', CASE WHEN t.next = 'annulled' OR t.next IS NULL THEN t.next WHEN t.decided = 'carried' THEN 'carried' WHEN t.decided LIKE 'no\_%quorum%' THEN 'lapsed' ELSE 'rejected' END, t.next,
            'what became of the proposal is not what its ballots decided'),
        ('lot seed', CASE WHEN t.sealed THEN COALESCE((SELECT m.lot_seed::text FROM governance.merged_box AS m WHERE m.box = t.box), (SELECT pg_catalog.encode(pg_catalog.sha256(
                pg_catalog.convert_to('commonhold-lot/1', 'UTF8') || COALESCE(pg_catalog.string_agg(o.key, ''::bytea ORDER BY o.key), '')), 'hex') FROM governance.opened_choice AS o WHERE o.box = t.box)) END,
            t.lot_seed::text, 'lots were drawn from another seed than the keys of the ballots make'),
        ('tally''s hash', audit.digest(log.canonical(pg_catalog.jsonb_build_object('proposal_sha256', t.proposal_sha256, 'reading', t.reading, 'roll_sha256', t.roll_sha256, 'counts', t.counts,
            'outcome', t.outcome) || CASE WHEN t.result IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('result', t.result) END)), t.sha256::text, 'the tally is not the one that was hashed'),
        ('tally in the log', COALESCE((SELECT pg_catalog.min(f.sha256) FROM audit.leaf_of('vote_result', t.box) AS f), t.sha256::text), t.sha256::text, 'the log was told of another tally'))
        AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'tallies', p.due::text, x.count::text, 'it was decided, and not every reading was counted'
    FROM p CROSS JOIN LATERAL (SELECT pg_catalog.count(*) AS count FROM tallied AS t) AS x
    WHERE p.state IN ('tallied', 'carried', 'cooling', 'second_reading', 'in_force', 'superseded', 'expired', 'rejected') AND x.count <> p.due
    UNION ALL
    SELECT 'award of project ' || COALESCE(d.project, a.project), COALESCE(d.award, 'none'), COALESCE(a.award, 'none'), 'the award is not what the round gave this project'
    FROM (SELECT x.c ->> 'project_id' AS project, pg_catalog.concat_ws(' ', v.effect ->> 'account', x.c ->> 'cost', v.effect #>> '{pot,currency}') AS award
          FROM p JOIN governance.proposal_version AS v ON v.proposal_id = p.id AND v.version = p.version JOIN tallied AS t ON t.proposal_id = p.id
          CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(v.effect -> 'projects') AS x (c)
          WHERE v.effect ->> 'schema' = 'budget_awards' AND p.state IN ('in_force', 'superseded', 'expired') AND t.result -> 'selected' @> (x.c -> 'number')) AS d
    FULL JOIN (SELECT b.project_id::text AS project, pg_catalog.concat_ws(' ', b.account, b.minor, b.currency) AS award FROM governance.budget_award AS b WHERE b.proposal_id = p_proposal) AS a
        ON a.project = d.project WHERE d.award IS DISTINCT FROM a.award
    UNION ALL
    SELECT 'choice ' || pg_catalog.rtrim(o.choice) || ' of class ' || o.class || ' in reading ' || t.reading, 'spoiled', 'counted', 'what is no choice was taken for one'
    FROM tallied AS t CROSS JOIN LATERAL audit.opened_in(t.box) AS o
    WHERE t.sealed AND t.rule ->> 'method' = 'rule' AND o.choice NOT IN (pg_catalog.rpad('{"c":"yes"}', 32), pg_catalog.rpad('{"c":"no"}', 32), pg_catalog.rpad('{"c":"abstain"}', 32));
$$;
