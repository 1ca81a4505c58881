-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The worker's queue: one waiting and one running job of a kind and key, left jobs are taken over, only the owner ends a job,
-- a job put back does not lose its place.
CREATE FUNCTION pg_temp.check_that(p_holds boolean, p_name text) RETURNS text LANGUAGE sql AS
$$ SELECT CASE WHEN p_holds THEN 'ok - job: ' ELSE 'not ok - job: ' END || p_name $$;
CREATE FUNCTION pg_temp.claim(p_worker text) RETURNS jsonb LANGUAGE sql AS
$$ SELECT COALESCE(body, '{}') || pg_catalog.jsonb_build_object('outcome', outcome) FROM job.claim(p_worker, '[{"kind":"t","timeout":30},{"kind":"u","timeout":30}]') $$;
SET client_min_messages = warning;
DELETE FROM job.job;

SELECT pg_temp.check_that(job.enqueue('t', 'a', '{"n":1}') = job.enqueue('t', 'a', '{"n":2}'), 'a waiting job stands for the next of its key');
SELECT pg_temp.check_that(job.enqueue('t', NULL) <> job.enqueue('t', NULL), 'jobs without a key do not');
DELETE FROM job.job WHERE key IS NULL;
SELECT pg_temp.claim('w1') AS first \gset
SELECT pg_temp.check_that(:'first'::jsonb @> '{"outcome":"ok","kind":"t","key":"a","attempt":1,"payload":{"n":1}}', 'a claim gives kind, key, payload, attempt');
SELECT pg_temp.check_that(pg_temp.claim('w2') ->> 'outcome' = 'no_content', 'a running job is not claimed again');
SELECT job.enqueue('t', 'a', '{"n":3}') AS successor \gset
SELECT pg_temp.check_that(:successor <> (:'first'::jsonb ->> 'id')::bigint, 'a running job may have a successor');
SELECT pg_temp.check_that(pg_temp.claim('w2') ->> 'outcome' = 'no_content', 'which waits until it has ended');
SELECT job.enqueue('u', 'a') AS other \gset
SELECT pg_temp.check_that((pg_temp.claim('w2') ->> 'id')::bigint = :other, 'another kind of the same key does not wait');

SELECT pg_temp.check_that((job.beat((:'first'::jsonb ->> 'id')::bigint, 'w1', 1, '{"rows":5}')).outcome = 'ok', 'its worker beats');
SELECT pg_temp.check_that((SELECT progress = '{"rows":5}' FROM job.job WHERE id = (:'first'::jsonb ->> 'id')::bigint), 'progress is kept');
SELECT pg_temp.check_that((job.beat((:'first'::jsonb ->> 'id')::bigint, 'w2', 1, NULL)).outcome = 'stale', 'nobody else does');
SELECT pg_temp.check_that((job.finish((:'first'::jsonb ->> 'id')::bigint, 'w2', 1)).outcome = 'stale', 'nobody else finishes it');
SELECT pg_temp.check_that((job.fail((:'first'::jsonb ->> 'id')::bigint, 'w1', 2, 'x')).outcome = 'stale', 'nor does a try that never was');

SELECT pg_temp.check_that((job.retry((:'first'::jsonb ->> 'id')::bigint, 'w1', 1, 0, 'later', true)).outcome = 'ok', 'it is put back though a successor waits');
SELECT pg_temp.check_that((SELECT pg_catalog.count(*) = 1 FROM job.job WHERE kind = 't' AND key = 'a' AND state = 'waiting'), 'one waits');
SELECT pg_temp.claim('w3') AS again \gset
SELECT pg_temp.check_that(:'again'::jsonb ->> 'id' = :'first'::jsonb ->> 'id' AND (:'again'::jsonb ->> 'attempt')::integer = 2, 'it goes before its successor');

UPDATE job.job SET heartbeat_at = heartbeat_at - interval '31 seconds' WHERE id = (:'first'::jsonb ->> 'id')::bigint;
SELECT pg_temp.claim('w4') AS taken \gset
SELECT pg_temp.check_that(:'taken'::jsonb ->> 'id' = :'first'::jsonb ->> 'id' AND (:'taken'::jsonb ->> 'attempt')::integer = 3, 'a job whose heartbeat is old is taken over');
SELECT pg_temp.check_that((job.finish((:'first'::jsonb ->> 'id')::bigint, 'w3', 2)).outcome = 'stale', 'who lost it does not end it');
SELECT pg_temp.check_that((job.finish((:'first'::jsonb ->> 'id')::bigint, 'w4', 3)).outcome = 'ok', 'who has it does');
SELECT pg_temp.claim('w5') AS next \gset
SELECT pg_temp.check_that((:'next'::jsonb ->> 'id')::bigint = :successor, 'then the successor runs');

SELECT pg_temp.check_that((job.retry(:successor, 'w5', 1, 60000, 'stopped', false)).outcome = 'ok', 'a stopped worker puts its job back');
SELECT pg_temp.check_that((SELECT attempt = 0 AND state = 'waiting' AND run_at > pg_catalog.clock_timestamp() FROM job.job WHERE id = :successor), 'and the try does not count');
SELECT pg_temp.check_that(pg_temp.claim('w6') ->> 'outcome' = 'no_content', 'a job is not claimed before its time');
UPDATE job.job SET run_at = pg_catalog.clock_timestamp() WHERE id = :successor;
SELECT pg_temp.claim('w6') AS last \gset
SELECT pg_temp.check_that((job.fail(:successor, 'w6', 1, 'look at it')).outcome = 'ok', 'a job is laid aside');
SELECT pg_temp.check_that((SELECT state = 'dead' AND reason = 'look at it' AND finished_at IS NOT NULL FROM job.job WHERE id = :successor), 'with its reason');
SELECT pg_temp.check_that(pg_temp.claim('w7') ->> 'outcome' = 'no_content', 'and is never claimed again');
SELECT pg_temp.check_that((SELECT outcome = 'no_content' FROM job.claim('w7', '[]')), 'a worker gets only the kinds it can do');

-- What was laid aside is not asked for each second.
SELECT pg_temp.check_that((SELECT job.enqueue('t', 'a') = job.enqueue('t', 'a')), 'one that was laid aside may be asked for again');
SELECT pg_temp.check_that((SELECT run_at - (SELECT finished_at FROM job.job WHERE id = :successor) = interval '10 seconds' FROM job.job WHERE kind = 't' AND key = 'a' AND state = 'waiting'), '10 s later');
UPDATE job.job SET state = 'dead', finished_at = pg_catalog.clock_timestamp() WHERE kind = 't' AND key = 'a' AND state = 'waiting';
SELECT job.enqueue('t', 'a') AS third \gset
SELECT pg_temp.check_that((SELECT run_at - pg_catalog.clock_timestamp() BETWEEN interval '19 seconds' AND interval '20 seconds' FROM job.job WHERE id = :third), 'then 20 s');
INSERT INTO job.job (kind, key, state, finished_at) SELECT 't', 'a', 'dead', pg_catalog.clock_timestamp() FROM pg_catalog.generate_series(1, 30);
DELETE FROM job.job WHERE id = :third;
SELECT job.enqueue('t', 'a') AS fourth \gset
SELECT pg_temp.check_that((SELECT run_at - pg_catalog.clock_timestamp() BETWEEN interval '59 minutes' AND interval '1 hour' FROM job.job WHERE id = :fourth), 'and never over an hour');
DELETE FROM job.job WHERE id = :fourth;
UPDATE job.job SET finished_at = finished_at - interval '1 day' WHERE state = 'dead';
SELECT job.enqueue('t', 'a') AS fifth \gset
SELECT pg_temp.check_that((SELECT run_at <= pg_catalog.clock_timestamp() FROM job.job WHERE id = :fifth), 'a day later it is forgotten');

-- What ended is deleted in time, a few with each that ends.
DELETE FROM job.job;
INSERT INTO job.job (kind, key, state, finished_at) SELECT 't', 'old ' || n, 'done', pg_catalog.clock_timestamp() - interval '8 days' FROM pg_catalog.generate_series(1, 30) AS n;
INSERT INTO job.job (kind, key, state, finished_at) VALUES ('t', 'young', 'done', pg_catalog.clock_timestamp() - interval '6 days'),
    ('t', 'alone', 'dead', pg_catalog.clock_timestamp() - interval '8 days'), ('t', 'followed', 'dead', pg_catalog.clock_timestamp() - interval '9 days'),
    ('t', 'followed', 'done', pg_catalog.clock_timestamp());
SELECT job.enqueue('t', 'last') AS last_id \gset
SELECT pg_temp.claim('w8') AS last_job \gset
SELECT job.finish(:last_id, 'w8', 1) AS finished \gset
SELECT pg_temp.check_that((SELECT pg_catalog.count(*) = 11 FROM job.job WHERE key LIKE 'old %'), 'twenty go with one that ends');
SELECT job.enqueue('t', 'last') AS last_id \gset
SELECT pg_temp.claim('w8') AS last_job \gset
SELECT job.finish(:last_id, 'w8', 1) AS finished \gset
SELECT pg_temp.check_that((SELECT pg_catalog.array_agg(key ORDER BY id) = '{young,alone,followed,last,last}' FROM job.job),
    'what is young stays, and what a person must look at and nobody has done since');

-- Rights: the worker through these functions alone.
SET ROLE ch_worker;
DO $$ BEGIN UPDATE job.job SET state = 'waiting'; RAISE EXCEPTION 'ch_worker wrote job.job'; EXCEPTION WHEN insufficient_privilege THEN NULL; END $$;
RESET ROLE;
SELECT pg_temp.check_that(NOT pg_catalog.has_function_privilege('ch_portal', 'job.claim(text, jsonb)', 'EXECUTE'), 'no other role claims');
