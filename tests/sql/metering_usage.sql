-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Metering in the database alone: Merkle roots, placing of usage around seals, quotas and their leases, spreading.
SET session_replication_role = replica;

CREATE FUNCTION pg_temp.say(p_good boolean, p_name text) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN p_good THEN 'ok - ' ELSE 'not ok - ' END || p_name;
$$;

-- Roots spelled out with sha256() here; tests/api compares a seal with a tree built recursively from the definition of RFC 6962.
SELECT pg_temp.say(metering.merkle_root(NULL) = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'the root of nothing is SHA-256 of nothing');
SELECT pg_temp.say(metering.merkle_root(ARRAY['a']) = pg_catalog.encode(pg_catalog.sha256('\x0061'), 'hex'), 'one leaf is its own root');
SELECT pg_temp.say(metering.merkle_root(ARRAY['a', 'b', 'c']) = pg_catalog.encode(pg_catalog.sha256('\x01' || pg_catalog.sha256('\x01'
    || pg_catalog.sha256('\x0061') || pg_catalog.sha256('\x0062')) || pg_catalog.sha256('\x0063')), 'hex'), 'an odd leaf goes up');
SELECT pg_temp.say(metering.merkle_root(ARRAY['a', 'b']) <> metering.merkle_root(ARRAY['b', 'a']), 'order counts');
-- The definition of RFC 6962 as it reads: split at the largest power of two below the number.
CREATE FUNCTION pg_temp.root(p_leaves text[]) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    n integer := pg_catalog.cardinality(p_leaves);
    k integer := 1;
BEGIN
    IF n = 1 THEN
        RETURN pg_catalog.sha256('\x00'::bytea || p_leaves[1]::bytea);
    END IF;
    WHILE k * 2 < n LOOP
        k := k * 2;
    END LOOP;
    RETURN pg_catalog.sha256('\x01'::bytea || pg_temp.root(p_leaves[1:k]) || pg_temp.root(p_leaves[k + 1:n]));
END
$$;
SELECT pg_temp.say(pg_catalog.bool_and(metering.merkle_root(l.leaves) = pg_catalog.encode(pg_temp.root(l.leaves), 'hex')), 'trees of 1 to 70 leaves are those of the definition')
FROM (SELECT (SELECT pg_catalog.array_agg('leaf ' || i) FROM pg_catalog.generate_series(1, n) AS i) AS leaves FROM pg_catalog.generate_series(1, 70) AS n) AS l;
SELECT pg_temp.say(metering.usage_leaf('air', '2026-02-01', '00000000-0000-7000-8000-000000000001', 'rows', NULL, 5)
    = log.canonical('{"pool":"air","month":"2026-02","grant":"00000000-0000-7000-8000-000000000001","meter":"rows","contribution":null,"units":5}'),
    'a leaf is canonical JSON');
SELECT pg_temp.say(metering.usage_leaf('air', '2026-02-01', g, 'rows', c, 5) = log.canonical(pg_catalog.jsonb_build_object('pool', 'air', 'month', '2026-02', 'grant', g, 'meter', 'rows',
    'contribution', c, 'units', 5)), 'a leaf of a contribution is too') FROM (SELECT log.new_id() AS g, log.new_id() AS c) AS x;

INSERT INTO metering.closed_month (pool_id, month, pool, closed_at)
VALUES ('00000000-0000-7000-8000-00000000000a', '2026-01-01', 'p', '2026-01-20Z'),
       ('00000000-0000-7000-8000-00000000000a', '2026-02-01', 'p', '2026-02-20Z');
SELECT pg_temp.say((day, late) IS NOT DISTINCT FROM ('2026-01-05'::date, NULL::date), 'before its month is closed a day is itself')
FROM metering.place_usage('00000000-0000-7000-8000-00000000000a', '2026-01-05', '2026-01-06Z');
SELECT pg_temp.say((day, late) = ('2026-02-01'::date, '2026-01-01'::date), 'afterwards it is late usage of the next month')
FROM metering.place_usage('00000000-0000-7000-8000-00000000000a', '2026-01-25', '2026-01-25Z');
SELECT pg_temp.say((day, late) = ('2026-03-01'::date, '2026-01-01'::date), 'two closed months are passed over')
FROM metering.place_usage('00000000-0000-7000-8000-00000000000a', '2026-01-25', '2026-03-02Z');

-- partitions: a key of now finds one, one without time too, and one of any other time
INSERT INTO metering.usage_event (source_no, event_key, grant_id, pool_id, meter, units, occurred_at, received_at, content_hash)
SELECT 1, k, log.new_id(), log.new_id(), 'rows', 5, now(), now(), sha256('x')
FROM (VALUES (log.new_id()), ('00000000-0000-8abc-8000-000000000001'), ('00dc6acf-ac00-8abc-8000-000000000001'), ('ffffffff-ffff-8abc-8000-000000000001')) AS v (k);
SELECT pg_temp.say(count(*) = 4 AND count(*) FILTER (WHERE tableoid = 'metering.usage_event_timeless'::regclass) = 1
    AND count(*) FILTER (WHERE tableoid = 'metering.usage_event_other'::regclass) = 2, 'events of now, without time, of 2000 and of the last millisecond have a partition')
FROM metering.usage_event;
SELECT pg_temp.say(count(*) = 6 AND metering.make_partitions() = 0, 'five partitions and the default are made ahead, once')
FROM pg_catalog.pg_inherits WHERE inhparent = 'metering.batch'::regclass;
DO $$ BEGIN PERFORM metering.make_partition('usage_event', '2000-01-01'); END $$;
SELECT pg_temp.say(count(*) = 1 AND (SELECT count(*) FROM metering.usage_event_other) = 1, 'what waited in the default partition moves to its month')
FROM metering.usage_event_200001;

-- leases: a grant with a daily limit, and two holders
ALTER TABLE licensing.data_grant DISABLE TRIGGER ALL;
INSERT INTO licensing.pool (pool_id, ref, title, state, schema, schema_canonical, schema_sha256, created_by)
VALUES ('00000000-0000-7000-8000-00000000000b', 'q', 'Quota', 'open', '{}', '{}', repeat('0', 64), log.new_id());
INSERT INTO licensing.organisation (organisation_id, name, country, claimed_class) VALUES ('00000000-0000-7000-8000-00000000000c', 'Uni', 'DE', 'university');
INSERT INTO licensing.data_grant (id, agreement_id, evaluation_id, organisation_id, pool_id, terms_sha256, terms_version, purpose, org_class, rule, tier,
    price, actions, modes, plan, notice_floor, min_cohort, explicit_only, quotas, from_at, until_at, state)
VALUES ('00000000-0000-7000-8000-00000000000d', log.new_id(), log.new_id(), '00000000-0000-7000-8000-00000000000c', '00000000-0000-7000-8000-00000000000b',
    'x', 1, 'RES.HEALTH', 'university', 'P', 'free', '{}', '{read}', '{download}', '[]', 1, 5, false,
    '[{"meter":"rows","period":"day","limit":25000},{"meter":"rows","period":"grant","limit":24000}]', now(), now() + interval '1 day', 'active');
CREATE FUNCTION pg_temp.lease(p_holder integer, p_want bigint) RETURNS bigint LANGUAGE sql AS $$
    SELECT metering.lease_quota('00000000-0000-7000-8000-00000000000b', '00000000-0000-7000-8000-00000000000d',
        ('00000000-0000-7000-8000-00000000001' || p_holder)::uuid, 'rows', p_want);
$$;
SELECT pg_temp.say(pg_temp.lease(1, 10000) = 10000, 'a slice is what is wanted at least');
SELECT pg_temp.say(pg_temp.lease(2, 10000) = 10000, 'another holder has a slice of its own');
SELECT pg_temp.say(pg_temp.lease(3, 10000) = 4000, 'the tightest quota cuts');
SELECT pg_temp.say(pg_temp.lease(4, 10000) = 0, 'nothing is left');
UPDATE metering.quota_lease SET heartbeat_at = now() - interval '31 seconds' WHERE holder = '00000000-0000-7000-8000-000000000011';
SELECT pg_temp.say(pg_temp.lease(4, 10000) = 10000, 'a lease without heartbeat comes back');
SELECT pg_temp.say(bool_and(taken <= most) AND bool_and(taken = (SELECT sum(units) FROM metering.quota_lease AS l WHERE l.period = q.period)),
    'what is taken is what is leased') FROM metering.quota AS q;
DO $$ BEGIN PERFORM metering.return_leases('00000000-0000-7000-8000-00000000000b', '00000000-0000-7000-8000-00000000000d', '00000000-0000-7000-8000-000000000012'); END $$;
SELECT pg_temp.say((metering.quota_state('00000000-0000-7000-8000-00000000000d') #>> '{0,used}') = '0', 'leased but unused counts as left');
