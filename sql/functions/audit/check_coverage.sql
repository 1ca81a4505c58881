-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N9 for one day: the members each evaluation counted, for every floor, counted again from the events. Its instant is known to the
--          second, and an event may have been committed up to two seconds after its time: any count that stood within them is right.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_coverage(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH asked AS MATERIALIZED (
        SELECT e.id, e.pool_id, e.instant, e.input #>> '{request,purpose}' AS purpose, e.input #>> '{request,org_class}' AS class,
            (e.doc ->> 'special_category')::boolean AS special, e.input #> '{context,covered}' AS covered
        FROM audit.evaluations_of(p_unit) AS e WHERE e.pool_id IS NOT NULL),
    event AS MATERIALIZED (
        SELECT c.* FROM licensing.consent_event AS c
        WHERE (c.pool_id, c.purpose, c.recipient_class) IN (SELECT a.pool_id, a.purpose, a.class FROM asked AS a) AND c.state NOT IN ('requested', 'deferred')
            AND c.at < (p_unit::timestamp + interval '1 day 1 second') AT TIME ZONE 'UTC'),
    moment AS (
        SELECT a.id, a.instant - interval '2 seconds' AS at FROM asked AS a
        UNION SELECT a.id, a.instant + interval '999999 microseconds' FROM asked AS a
        UNION SELECT a.id, v.at FROM asked AS a JOIN event AS v ON (v.pool_id, v.purpose, v.recipient_class) = (a.pool_id, a.purpose, a.class)
            AND v.at > a.instant - interval '2 seconds' AND v.at < a.instant + interval '1 second'),
    standing AS (
        SELECT a.id, m.at, v.member_id, v.state, v.type, v.notice, v.until, a.special,
            pg_catalog.rank() OVER (PARTITION BY a.id, m.at, v.member_id ORDER BY v.at DESC) AS place
        FROM asked AS a JOIN moment AS m USING (id)
        JOIN event AS v ON (v.pool_id, v.purpose, v.recipient_class) = (a.pool_id, a.purpose, a.class) AND v.at <= m.at),
    member AS MATERIALIZED (
        SELECT s.id, s.at, s.member_id, pg_catalog.min(s.notice) AS notice FROM standing AS s WHERE s.place = 1 GROUP BY s.id, s.at, s.member_id
        HAVING pg_catalog.bool_and(s.state IN ('given', 'renewed') AND (s.until IS NULL OR s.until > s.at) AND (s.type = 'explicit' OR NOT s.special))),
    counted AS (
        SELECT a.id, f.key AS floor, f.value AS stored, m.at, (SELECT pg_catalog.count(*) FROM member AS k WHERE k.id = a.id AND k.at = m.at AND k.notice >= f.key::integer) AS members
        FROM asked AS a JOIN moment AS m USING (id) CROSS JOIN LATERAL pg_catalog.jsonb_each_text(a.covered) AS f (key, value))
    SELECT 'evaluation', c.id::text, 'covered from notice ' || c.floor, pg_catalog.string_agg(DISTINCT c.members::text, ' or '), c.stored,
        'the members counted are not those whose consent the events show at that instant'
    FROM counted AS c GROUP BY c.id, c.floor, c.stored HAVING NOT pg_catalog.bool_or(c.members::text = c.stored);
$$;
