-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of A2: proposals that money rests on: enacted benefit rules, and resolutions that bookings name; with their texts, history,
--          rolls, ballots and tallies, the rows that said who was an elector, the rule rows, and the receipts shared by them.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_votes(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH p AS MATERIALIZED (
        SELECT p.*, audit.month_of(COALESCE(p.in_force_at, p.state_at)) AS month, p_months IS NULL OR audit.month_of(COALESCE(p.in_force_at, p.state_at)) = ANY (p_months) AS asked
        FROM governance.proposal AS p WHERE p.id IN (SELECT b.proposal_id FROM governance.benefit_rule AS b)
            OR p.id::text IN (SELECT t.resolution FROM payout.txn AS t WHERE t.resolution IS NOT NULL)),
    elector AS MATERIALIZED (
        SELECT s.since_at AS at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(s, 0), 0) AS h FROM governance.standing AS s
        UNION ALL SELECT LEAST(k.asked_at, k.from_at), pg_catalog.hashint8extended(pg_catalog.hash_record_extended(k, 1), 1) FROM governance.class_spell AS k
        UNION ALL SELECT d.recorded_at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(d, 2), 2) FROM governance.dues AS d
        UNION ALL SELECT o.from_at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(o, 3), 3) FROM governance.office AS o
        UNION ALL SELECT e.at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(e, 4), 4) FROM governance.office_end AS e
        UNION ALL SELECT m.joined_at, pg_catalog.hashint8extended(pg_catalog.hash_record_extended(m, 5), 5) FROM governance.member AS m)
    SELECT p.id::text, p.month::text, CASE WHEN p.asked THEN audit.digest(pg_catalog.concat_ws('|', pg_catalog.to_jsonb(p) - 'asked', (SELECT c.sha256 FROM governance.charter AS c),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.version) FROM governance.proposal_version AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.seq) FROM governance.proposal_event AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.reading) FROM governance.roll_head AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 0), 0)) FROM governance.roll AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 0), 0)) FROM governance.named_vote AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.sum(b.h) FROM pg_catalog.unnest(ARRAY[p.id || '/1', p.id || '/2']) AS x (box) CROSS JOIN LATERAL (
            SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 0), 0) AS h FROM governance.ballot AS v WHERE v.box = x.box UNION ALL SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 1), 1) FROM governance.opened_choice AS v WHERE v.box = x.box
            UNION ALL SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 2), 2) FROM governance.spoiled_ballot AS v WHERE v.box = x.box UNION ALL SELECT pg_catalog.hashint8extended(pg_catalog.hash_record_extended(v, 3), 3) FROM governance.opened_merged AS v
            WHERE v.box = x.box) AS b),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.reading) FROM governance.tally AS v WHERE v.proposal_id = p.id),
        (SELECT pg_catalog.string_agg(v::text, ',' ORDER BY v.version) FROM governance.rule_version AS v WHERE v.type = p.rule_type AND v.from_at < COALESCE(p.in_force_at, p.state_at)),
        (SELECT pg_catalog.string_agg(v.text, ',' ORDER BY v.text) FROM (SELECT b.from_at::text AS text FROM governance.benefit_rule AS b WHERE b.proposal_id = p.id
            UNION ALL SELECT y::text FROM governance.policy AS y WHERE y.proposal_id = p.id UNION ALL SELECT l::text FROM governance.ballot_log AS l WHERE l.proposal_id = p.id) AS v),
        (SELECT pg_catalog.sum(e.h) FROM elector AS e WHERE e.at <= COALESCE(p.in_force_at, p.state_at)),
        (SELECT pg_catalog.string_agg(f.sha256, ',' ORDER BY f.sha256) FROM (SELECT l.sha256 FROM audit.leaf_of('proposal', p.id::text) AS l UNION ALL SELECT l.sha256 FROM governance.roll_head AS h
            CROSS JOIN LATERAL (SELECT * FROM audit.leaf_of('roll', p.id || '/' || h.reading) UNION ALL SELECT * FROM audit.leaf_of('vote_result', p.id || '/' || h.reading)) AS l WHERE h.proposal_id = p.id) AS f),
        (SELECT pg_catalog.string_agg(r.id || r.state || t.recorded_at, ',' ORDER BY r.id, u.receipt_slice_id) FROM governance.benefit_rule AS b JOIN payout.run AS r ON r.rule = b.rule AND r.rule_version = b.version
         JOIN payout.run_receipt AS u ON u.run = r.id JOIN payout.receipt_slice AS s ON s.id = u.receipt_slice_id JOIN payout.receipt AS c ON c.txn_id = s.txn_id
         JOIN payout.entry_match AS m ON m.entry_id = c.entry_id AND m.step = 1 JOIN payout.txn AS t ON t.txn_id = m.txn_id WHERE b.proposal_id = p.id))) END
    FROM p;
$$;
