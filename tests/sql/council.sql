-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The count of council cases against the rule written out, for every council of 3 to 9 seats and every way it can vote; and the lot of
-- appeals panels against the vectors of tests/unit/test_lot.c.
CREATE FUNCTION pg_temp.check_that(p_holds boolean, p_name text) RETURNS text LANGUAGE sql AS
$$ SELECT CASE WHEN p_holds THEN 'ok - council: ' ELSE 'not ok - council: ' END || p_name $$;
SET client_min_messages = warning;
BEGIN;

INSERT INTO governance.member (member_id, founder) SELECT pg_catalog.md5('m' || s)::uuid, true FROM pg_catalog.generate_series(1, 9) AS s;
CREATE TEMPORARY TABLE tried AS
SELECT log.new_id() AS id, b.body, s.seats, c.conflicts, y.yes, n.no, o.own
FROM (VALUES ('council'), ('board')) AS b (body), pg_catalog.generate_series(3, 9) AS s (seats), pg_catalog.generate_series(0, 2) AS c (conflicts),
    pg_catalog.generate_series(0, 9) AS y (yes), pg_catalog.generate_series(0, 9) AS n (no), pg_catalog.generate_series(0, 1) AS o (own)
WHERE y.yes + n.no + c.conflicts <= s.seats;
INSERT INTO governance.council_case (id, kind, subject, body, conditions, body_name, state, opened_at, closes_at)
SELECT t.id, 'application', log.new_id(), '{}', '[{"id":"k"}]', t.body, 'open', pg_catalog.now(), pg_catalog.now() + interval '1 hour' FROM tried AS t;
-- Seats in order: yes, no, conflicts, silent. The condition is accepted by those who voted no (own 1) or by those who voted yes (own 0).
INSERT INTO governance.council_vote (case_id, body_name, seat, member_id, choice, conflict, reason_code, reason_text, conditions, at)
SELECT t.id, t.body, i.n::text, pg_catalog.md5('m' || i.n)::uuid, v.choice,
    CASE WHEN i.n > t.yes + t.no AND i.n <= t.yes + t.no + t.conflicts THEN 'mine' END,
    CASE WHEN v.choice IS NOT NULL THEN 'other' END, CASE WHEN v.choice IS NOT NULL THEN 'x' END,
    CASE WHEN v.choice IS NOT NULL THEN pg_catalog.to_jsonb(ARRAY[(v.choice = 'yes') = (t.own = 0)]) END, pg_catalog.now()
FROM tried AS t CROSS JOIN LATERAL pg_catalog.generate_series(1, t.seats) AS i (n)
CROSS JOIN LATERAL (SELECT CASE WHEN i.n <= t.yes THEN 'yes' WHEN i.n <= t.yes + t.no THEN 'no' END AS choice) AS v;

CREATE TEMPORARY TABLE counted AS SELECT t.*, t.seats - t.conflicts AS left_over, governance.count_case(t.id) AS c FROM tried AS t;
SELECT pg_temp.check_that((SELECT pg_catalog.count(*) FROM counted) > 1500, 'more than fifteen hundred ways to vote');
SELECT pg_temp.check_that(NOT EXISTS (SELECT FROM counted AS k WHERE body = 'council'
    AND ((c ->> 'quorum')::boolean, (c ->> 'approved')::boolean) <> ((yes + no) * 5 >= 3 * left_over, yes > no AND yes >= 2)), 'quorum and majority of the council');
SELECT pg_temp.check_that(NOT EXISTS (SELECT FROM counted AS k WHERE body = 'board'
    AND ((c ->> 'quorum')::boolean, (c ->> 'approved')::boolean) <> ((yes + no) * 2 >= left_over AND yes + no > 0, yes > no)), 'quorum and majority of the board');
SELECT pg_temp.check_that(NOT EXISTS (SELECT FROM counted AS k WHERE (c -> 'items' -> 0 ->> 'kept')::boolean <>
    ((c ->> 'quorum')::boolean AND CASE own WHEN 0 THEN yes > no AND (yes >= 2 OR body = 'board') ELSE no > yes AND (no >= 2 OR body = 'board') END)), 'a condition by the same rule');
SELECT pg_temp.check_that(NOT EXISTS (SELECT FROM counted WHERE (c ->> 'pending')::integer <> 2 * (left_over - yes - no)), 'what is still to come');
SELECT pg_temp.check_that(NOT EXISTS (SELECT FROM counted AS k WHERE governance.recount_case(id) <> ((c ->> 'quorum')::boolean AND (c ->> 'approved')::boolean)), 'the recount says the same');
ROLLBACK;

CREATE FUNCTION pg_temp.ordered(p_round integer, p_class text) RETURNS text LANGUAGE sql AS
$$ SELECT pg_catalog.string_agg(pg_catalog."left"(v::text, 1), ' ' ORDER BY governance.lot_rank(pg_catalog.repeat('0', 64), '0196f0a0-0000-7000-8000-000000000001', p_round, p_class, v))
   FROM pg_catalog.unnest(ARRAY['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333']::uuid[]) AS v $$;
SELECT pg_temp.check_that(pg_temp.ordered(1, 'U') = '1 3 2' AND pg_temp.ordered(2, 'W') = '3 1 2', 'the order of a draw is that of core/lot.c');
SELECT pg_temp.check_that(governance.hash_text('commonhold-panel-log/1:17:' || pg_catalog.repeat('ab', 32)) = '03976940af4d4d447e15f8e8954ffc502d0faa733bb6a62021ccf0efa00ad290', 'and so is the seed from the log');
