-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: these proposals, each with the month it is of and a digest of what the checks read of its votes: texts, history, rolls, ballots, what was opened,
--          tallies, the rule rows, the rows that said who was an elector, what the log was told.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.digest_votes(p_months date[], p_ids uuid[]) RETURNS TABLE (id uuid, month date, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH p AS MATERIALIZED (
        SELECT x.*, p_months IS NULL OR x.month = ANY (p_months) AS asked
        FROM (SELECT p AS row, p.id, p.rule_type, COALESCE(p.in_force_at, p.state_at) AS at, audit.month_of(COALESCE(p.in_force_at, p.state_at)) AS month
              FROM governance.proposal AS p WHERE p.id = ANY (p_ids)) AS x),
    elector AS (
        SELECT s.since_at AS at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(s, 0), 0) AS h FROM governance.standing AS s
        UNION ALL SELECT LEAST(k.asked_at, k.from_at), pg_catalog.hashint8extended(pg_catalog.hash_record_extended(k, 1), 1) FROM governance.class_spell AS k
        UNION ALL SELECT d.recorded_at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(d, 2), 2) FROM governance.dues AS d
        UNION ALL SELECT o.from_at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(o, 3), 3) FROM governance.office AS o
        UNION ALL SELECT e.at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(e, 4), 4) FROM governance.office_end AS e
        UNION ALL SELECT m.joined_at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(m, 5), 5) FROM governance.member AS m),
    -- All electors are read once: summed between the times that are asked for, not for each of these.
    mark AS (SELECT pg_catalog.array_agg(DISTINCT p.at + interval '1 microsecond' ORDER BY p.at + interval '1 microsecond') AS marks FROM p WHERE p.asked),
    span AS MATERIALIZED (
        SELECT pg_catalog.width_bucket(e.at, m.marks) AS n, pg_catalog.sum(e.h) AS h FROM mark AS m JOIN elector AS e ON m.marks IS NOT NULL GROUP BY 1)
    SELECT p.id, p.month, CASE WHEN p.asked THEN audit.digest(pg_catalog.concat_ws('|', p.row::text, (SELECT c.sha256 FROM governance.charter AS c),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.version) FROM governance.proposal_version AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.seq) FROM governance.proposal_event AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.reading) FROM governance.roll_head AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 0), 0)) FROM governance.roll AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 0), 0)) FROM governance.named_vote AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.sum(b.h) FROM pg_catalog.unnest(ARRAY[p.id || '/1', p.id || '/2']) AS x (box) CROSS JOIN LATERAL (
            SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 0), 0) AS h FROM governance.ballot AS v WHERE v.box = x.box UNION ALL SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 1), 1) FROM governance.opened_choice AS v WHERE v.box = x.box
            UNION ALL SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 2), 2) FROM governance.spoiled_ballot AS v WHERE v.box = x.box UNION ALL SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 3), 3) FROM governance.opened_merged AS v
            WHERE v.box = x.box) AS b),
        (SELECT pg_catalog.string_agg(v.box || v.lot_seed, ',' ORDER BY v.box) FROM governance.merged_box AS v WHERE v.box IN (p.id || '/1', p.id || '/2')),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.reading) FROM governance.tally AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.version) FROM governance.rule_version AS v WHERE v.type = p.rule_type AND v.from_at < p.at),
        (SELECT pg_catalog.string_agg(v.text, ',' ORDER BY v.text) FROM (SELECT b.from_at::text AS text FROM governance.benefit_rule AS b WHERE b.proposal_id = p.id
            UNION ALL SELECT y::text FROM governance.policy AS y WHERE y.proposal_id = p.id UNION ALL SELECT l::text FROM governance.ballot_log AS l WHERE l.proposal_id = p.id
            UNION ALL SELECT a::text FROM governance.budget_award AS a WHERE a.proposal_id = p.id) AS v),
        (SELECT pg_catalog.sum(s.h) FROM span AS s CROSS JOIN mark AS m WHERE s.n < pg_catalog.array_position(m.marks, p.at + interval '1 microsecond')),
        (SELECT pg_catalog.string_agg(f.sha256, ',' ORDER BY f.sha256) FROM (SELECT l.sha256 FROM audit.leaf_of('proposal', p.id::text) AS l UNION ALL SELECT l.sha256 FROM governance.roll_head AS h
            CROSS JOIN LATERAL (SELECT * FROM audit.leaf_of('roll', p.id || '/' || h.reading) UNION ALL SELECT * FROM audit.leaf_of('vote_result', p.id || '/' || h.reading)) AS l WHERE h.proposal_id = p.id) AS f))) END
    FROM p;
$$;
