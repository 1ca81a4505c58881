-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: M2 for one month of acknowledgement: every batch, event and query has a grant in force at its time; every event and query that names
--          a contribution, a consent in force that covers what the grant is for. Of a batch's contributions LIC-C1 asks, row by row. Ends by
--          time may pass while a batch or an answer is made: five seconds.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_usage_rights(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH thing AS NOT MATERIALIZED (SELECT a.* FROM audit.acknowledged(p_unit::date) AS a),
    pair AS MATERIALIZED (SELECT DISTINCT t.pool_id, t.grant_id, t.contribution_id FROM thing AS t),
    gap AS MATERIALIZED (
        SELECT p.*, 'grant' AS aspect, 'in force' AS expected, 'a grant that was not in force was used: compare the time with its events' AS about, g.low, g.high, g.slack, g.fault
        FROM pair AS p CROSS JOIN LATERAL audit.grant_gaps(p.grant_id, p.pool_id) AS g
        UNION ALL
        SELECT p.*, 'consent for contribution ' || p.contribution_id, 'covered', 'usage of a contribution whose use had ended or was never allowed', g.low, g.high, g.slack, g.fault
        FROM pair AS p CROSS JOIN LATERAL audit.consent_gaps(p.grant_id, p.contribution_id) AS g WHERE p.contribution_id <> '00000000-0000-0000-0000-000000000000')
    SELECT t.kind, t.id, g.aspect, g.expected, pg_catalog.string_agg(DISTINCT g.fault, '; ' ORDER BY g.fault), g.about
    FROM gap AS g JOIN thing AS t ON t.grant_id = g.grant_id AND t.contribution_id = g.contribution_id AND t.pool_id = g.pool_id
        AND t.at >= g.low + CASE WHEN g.slack AND t.kind <> 'event' THEN interval '5 seconds' ELSE interval '0' END AND t.at < g.high
    GROUP BY t.kind, t.id, g.aspect, g.expected, g.about;
$$;
