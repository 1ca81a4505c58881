-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: when a contribution was not a grant's to use: it is of another pool or had ended, or the consent of its member for the grant's
--          purpose and class did not stand. The latest deciding event counts, of several at one instant one that does not permit.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.consent_gaps(p_grant uuid, p_contribution uuid) RETURNS TABLE (low timestamptz, high timestamptz, slack boolean, fault text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH asked AS (
        SELECT g.pool_id, g.purpose, g.org_class, g.notice_floor, g.explicit_only, c.member_id, c.state, c.ended_at
        FROM licensing.data_grant AS g LEFT JOIN licensing.contribution AS c ON c.id = p_contribution AND c.pool_id = g.pool_id WHERE g.id = p_grant),
    event AS MATERIALIZED (
        SELECT e.*, e.state IN ('given', 'renewed') AS permits,
            COALESCE(pg_catalog.lead(e.at) OVER (ORDER BY e.at, e.state IN ('given', 'renewed') DESC, e.seq), 'infinity') AS ended
        FROM asked AS a JOIN licensing.consent_event AS e ON e.member_id = a.member_id AND e.pool_id = a.pool_id AND e.purpose = a.purpose AND e.recipient_class = a.org_class
        WHERE e.state NOT IN ('requested', 'deferred'))
    SELECT '-infinity'::timestamptz, 'infinity'::timestamptz, false, 'no contribution of the pool' FROM asked AS a WHERE a.member_id IS NULL
    UNION ALL
    SELECT a.ended_at, 'infinity', false, a.state || ' since ' || log.time_text(a.ended_at) FROM asked AS a WHERE a.ended_at IS NOT NULL
    UNION ALL
    SELECT '-infinity', COALESCE((SELECT pg_catalog.min(e.at) FROM event AS e), 'infinity'), false, 'never consented' FROM asked AS a WHERE a.member_id IS NOT NULL
    UNION ALL
    SELECT e.at, e.ended, false, e.state || ' since ' || log.time_text(e.at) FROM event AS e WHERE NOT e.permits
    UNION ALL
    SELECT e.at, e.ended, false, 'consent under notice ' || e.notice || ' alone' FROM asked AS a JOIN event AS e ON e.permits AND e.notice < a.notice_floor
    UNION ALL
    SELECT e.at, e.ended, false, 'consent not explicit' FROM asked AS a JOIN event AS e ON e.permits AND a.explicit_only AND e.type <> 'explicit'
    UNION ALL
    SELECT GREATEST(e.at, e.until), e.ended, true, 'consent over since ' || log.time_text(e.until) FROM event AS e WHERE e.permits AND e.until < e.ended;
$$;
