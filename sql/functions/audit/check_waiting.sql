-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: T5 for what should be in the log: leaves that waited for more than the merge delay at p_as_of, by type, and leaves that were sequenced and
--          are in no entry any more, as many as the log lacks of them. An auditor's own reports may wait: who audits a log that stands still
--          should find nothing for that. What waited before the trust was founded counts from then.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_waiting(p_as_of text) RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT 'log', o.payload ->> 'type', 'waiting', '0', pg_catalog.count(*)::text, 'leaves wait for over 60 seconds: does the worker run, and does the log sign? see /readyz'
    FROM log.outbox AS o CROSS JOIN governance.charter AS c
    WHERE o.topic = 'leaf' AND o.done_at IS NULL AND o.payload ->> 'type' <> 'audit_report' AND GREATEST(o.created_at, c.founded_at) < p_as_of::timestamptz - interval '60 seconds'
    GROUP BY o.payload ->> 'type'
    UNION ALL
    SELECT 'log', 'sequenced', 'size', d.n::text, s.n::text, 'leaves were in the log and are no more: it was cut'
    FROM (SELECT pg_catalog.count(*) FROM log.outbox AS o WHERE o.topic = 'leaf' AND o.done_at IS NOT NULL) AS d (n)
    CROSS JOIN (SELECT COALESCE(pg_catalog.max(c.size), 0) FROM log.checkpoint AS c) AS s (n)
    WHERE d.n <> s.n;
$$;
