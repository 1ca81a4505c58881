-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of M2 and of what C1 says of usage: months in which usage was acknowledged. A digest holds that usage, and of all before its
--          end the consent events (p_consents: digests by month), the grants with their events, and the contributions that ended.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_acknowledged(p_months date[], p_consents jsonb) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH thing AS (
        SELECT pg_catalog.date_trunc('month', pg_catalog.timezone('UTC', e.received_at))::date AS month, ROW(e.source_no, e.event_key, e.pool_id, e.grant_id,
            e.contribution_id, e.meter, e.units, e.occurred_at, e.received_at) AS row FROM metering.usage_event AS e
        UNION ALL
        SELECT pg_catalog.date_trunc('month', pg_catalog.timezone('UTC', q.asked_at))::date, ROW(q.query_id, q.pool_id, q.grant_id, q.contribution_id, q.meter, q.units, q.asked_at)
        FROM metering.query_usage AS q
        UNION ALL
        SELECT pg_catalog.date_trunc('month', pg_catalog.timezone('UTC', b.committed_at))::date, ROW(b.delivery_id, b.no, b.pool_id, b.grant_id, b.rows, b.committed_at)
        FROM metering.batch AS b WHERE b.state <> 'unsent'),
    part AS (
        SELECT t.month, CASE WHEN p_months IS NULL OR t.month = ANY (p_months) THEN pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(t.row, 0), 0)),
            pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(t.row, 1), 1))) END AS text, (t.month + interval '1 month') AT TIME ZONE 'UTC' AS high
        FROM thing AS t GROUP BY t.month)
    SELECT p.month::text, p.month::text, CASE WHEN p.text IS NOT NULL THEN audit.digest(pg_catalog.concat_ws('|', p.text,
        (SELECT pg_catalog.string_agg(k.value, ',' ORDER BY k.key) FROM pg_catalog.jsonb_each_text(p_consents) AS k WHERE k.key::date <= p.month),
        (SELECT pg_catalog.string_agg(pg_catalog.to_jsonb(g)::text || COALESCE((SELECT pg_catalog.string_agg(e::text, ',' ORDER BY e.seq) FROM licensing.grant_event AS e
                WHERE e.grant_id = g.id AND e.at < p.high), ''), ';' ORDER BY g.id)
         FROM (SELECT x.id, x.pool_id, x.purpose, x.org_class, x.notice_floor, x.explicit_only, x.from_at, x.until_at FROM licensing.data_grant AS x WHERE x.created_at < p.high) AS g),
        (SELECT pg_catalog.concat_ws(',', pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(x.row, 0), 0)), pg_catalog.sum(pg_catalog.hashint8extended(pg_catalog.hash_record_extended(x.row, 1), 1)))
         FROM licensing.contribution AS c CROSS JOIN LATERAL (SELECT ROW(c.id, c.member_id, c.pool_id, CASE WHEN c.ended_at < p.high THEN c.ended_at END, CASE WHEN c.ended_at < p.high THEN c.state END)
            AS row) AS x WHERE c.created_at < p.high))) END
    FROM part AS p;
$$;
