-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N8 for one unit: the events of each application and grant are numbered without a gap, each begins where the last one ended and
--          is a step of the matrix by one who may take it; a grant's epoch rises by one with its state and with a revoked token; the
--          last event gives the state and the epoch of the row.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_events(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH event AS (
        SELECT 'application' AS object, e.application_id AS id, e.seq, e.command, e.role, COALESCE(e.from_state, '') AS before, e.to_state AS after, NULL::bigint AS epoch, e.at
        FROM licensing.application_event AS e WHERE p_unit LIKE 'application %'
        UNION ALL
        SELECT 'grant', e.grant_id, e.seq, e.command, e.role, COALESCE(e.from_state, ''), e.to_state, e.epoch, e.at FROM licensing.grant_event AS e WHERE p_unit LIKE 'grant %'),
    object AS (
        SELECT 'application' AS object, a.id, a.state, NULL::bigint AS epoch, a.created_at FROM licensing.application AS a WHERE p_unit LIKE 'application %'
        UNION ALL
        SELECT 'grant', g.id, g.state, g.epoch, g.created_at FROM licensing.data_grant AS g WHERE p_unit LIKE 'grant %'),
    mine AS MATERIALIZED (
        SELECT o.* FROM object AS o LEFT JOIN (SELECT e.id, pg_catalog.max(e.at) AS at FROM event AS e GROUP BY e.id) AS l USING (id)
        WHERE audit.month_of(COALESCE(l.at, o.created_at))::text = pg_catalog.split_part(p_unit, ' ', 2)),
    chain AS MATERIALIZED (
        SELECT e.*, COALESCE(pg_catalog.lag(e.after) OVER w, '') AS stood, COALESCE(pg_catalog.lag(e.epoch) OVER w, 0) AS stood_epoch, pg_catalog.row_number() OVER w AS place
        FROM event AS e JOIN mine AS m USING (id) WINDOW w AS (PARTITION BY e.id ORDER BY e.seq)),
    last AS (SELECT DISTINCT ON (c.id) c.* FROM chain AS c ORDER BY c.id, c.seq DESC)
    SELECT c.object, c.id::text, x.aspect || ' ' || c.seq, x.expected, x.found, x.about
    FROM chain AS c CROSS JOIN LATERAL (VALUES
        ('number of event', c.place::text, c.seq::text, 'an event is missing, or one too many is there'),
        ('state before event', c.stood, c.before, 'the event does not begin where the one before it ended'),
        ('step of event', 'a step of the matrix', CASE WHEN EXISTS (SELECT FROM audit.known_steps() AS s WHERE s.object = c.object AND s.before = c.before AND s.command = c.command
            AND s.after = c.after AND pg_catalog.strpos(s.who, c.role) > 0) THEN 'a step of the matrix' ELSE pg_catalog.concat_ws(' ', c.before, c.command, c.role, c.after) END,
            'nobody in this role may take this step here'),
        ('epoch of event', (c.stood_epoch + (c.after <> c.before OR c.command = 'revoke_token')::integer)::text, c.epoch::text,
            'the epoch does not rise with the state: old tokens may live on')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found
    UNION ALL
    SELECT m.object, m.id::text, x.aspect, x.expected, x.found, x.about
    FROM mine AS m LEFT JOIN last AS l USING (id) CROSS JOIN LATERAL (VALUES
        ('state', COALESCE(l.after, 'no events'), m.state, 'the state is not what the events give'),
        ('epoch', COALESCE(l.epoch::text, 'no events'), m.epoch::text, 'the epoch is not what the events give')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found;
$$;
