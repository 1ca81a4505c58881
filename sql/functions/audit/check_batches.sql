-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-C1 for one day: no batch holds a row whose contribution was not accepted or had ended when it was committed, or whose owner's
--          consent for the grant's purpose and class did not stand then. Ends of consents may pass while a batch is made: five seconds.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_batches(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH batch AS MATERIALIZED (
        SELECT b.delivery_id, b.no, b.committed_at, b.contributions, b.runs, g.pool_id, g.purpose, g.org_class, g.notice_floor, g.explicit_only
        FROM metering.batch AS b LEFT JOIN licensing.data_grant AS g ON g.id = b.grant_id
        WHERE b.committed_at >= p_unit::timestamp AT TIME ZONE 'UTC' AND b.committed_at < (p_unit::timestamp + interval '1 day') AT TIME ZONE 'UTC'),
    held AS MATERIALIZED (
        SELECT b.delivery_id, b.no, u.no AS contribution_no FROM batch AS b CROSS JOIN LATERAL pg_catalog.unnest(b.contributions) AS u (no)
        UNION
        SELECT b.delivery_id, b.no, r.contribution_no FROM batch AS b CROSS JOIN LATERAL audit.read_runs(b.runs) AS r),
    judged AS (
        SELECT b.delivery_id, b.no, h.contribution_no, c.id, CASE
            WHEN c.id IS NULL OR c.pool_id IS DISTINCT FROM b.pool_id THEN 'no contribution of the pool'
            WHEN c.decided_at IS NULL OR c.decided_at > b.committed_at OR c.state = 'rejected' THEN 'not accepted'
            WHEN c.ended_at <= b.committed_at THEN c.state || ' since ' || log.time_text(c.ended_at)
            WHEN e.id IS NULL THEN 'never consented'
            WHEN e.state NOT IN ('given', 'renewed') THEN e.state || ' since ' || log.time_text(e.at)
            WHEN e.until <= b.committed_at - interval '5 seconds' THEN 'consent over since ' || log.time_text(e.until)
            WHEN e.notice < b.notice_floor THEN 'consent under notice ' || e.notice || ' alone'
            WHEN b.explicit_only AND e.type <> 'explicit' THEN 'consent not explicit' END AS fault
        FROM batch AS b JOIN held AS h USING (delivery_id, no)
        LEFT JOIN licensing.contribution AS c ON c.no = h.contribution_no
        LEFT JOIN LATERAL (
            SELECT v.* FROM licensing.consent_event AS v
            WHERE v.member_id = c.member_id AND v.pool_id = b.pool_id AND v.purpose = b.purpose AND v.recipient_class = b.org_class
                AND v.state NOT IN ('requested', 'deferred') AND v.at <= b.committed_at
            ORDER BY v.at DESC, v.state IN ('given', 'renewed'), v.seq DESC LIMIT 1) AS e ON true)
    SELECT 'batch', j.delivery_id || '/' || j.no, 'rows of contribution ' || COALESCE(j.id::text, 'no ' || j.contribution_no), 'covered', j.fault,
        'rows left whose use had ended or was never allowed'
    FROM judged AS j WHERE j.fault IS NOT NULL;
$$;
