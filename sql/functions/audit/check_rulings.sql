-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: LIC-N5, of all grants at once: none was made while a prohibition of the trust was in force for its purpose, none came into force
--          against one or under a sanction, and none ran under a sanction, or past the date a prohibition sets for older grants, for
--          longer than a minute, which is what the clock of licensing may need. A ruling is dated by the start of the transaction that wrote
--          it, so a grant of the second behind it may have come first.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_rulings(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH grants AS MATERIALIZED (
        SELECT g.id, g.organisation_id, g.purpose, g.created_at, p.ref AS pool, audit.purposes_above(g.purpose) AS above
        FROM licensing.data_grant AS g JOIN licensing.pool AS p USING (pool_id) WHERE p_unit = 'grants'),
    hit AS MATERIALIZED (
        SELECT g.id, g.created_at, 'prohibition' AS kind, b.id AS ruling, b.from_at, COALESCE(b.until_at, 'infinity') AS until_at,
            CASE WHEN g.created_at >= b.from_at THEN b.from_at ELSE COALESCE(b.old_grants_at, 'infinity') END AS runs_to
        FROM governance.prohibition_in_force AS b JOIN grants AS g ON b.purpose = ANY (g.above) OR b.purpose <> ALL (audit.known_words('purposes'))
        UNION ALL
        SELECT g.id, g.created_at, 'sanction', s.id, s.from_at, COALESCE(s.until_at, 'infinity'), s.from_at
        FROM governance.sanction_in_force AS s JOIN grants AS g ON g.organisation_id = s.organisation_id AND (s.pool IS NULL OR s.pool = g.pool)
            AND (s.purpose IS NULL OR s.purpose = ANY (g.above) OR s.purpose <> ALL (audit.known_words('purposes')))),
    run AS MATERIALIZED (
        SELECT e.grant_id AS id, e.command, e.to_state, e.from_state, e.at, COALESCE(pg_catalog.lead(e.at) OVER (PARTITION BY e.grant_id ORDER BY e.seq), pg_catalog.now()) AS ended
        FROM licensing.grant_event AS e WHERE EXISTS (SELECT FROM hit AS h WHERE h.id = e.grant_id))
    SELECT 'grant', h.id::text, 'made against ' || h.kind || ' ' || h.ruling, 'no grant', log.time_text(h.created_at),
        'the grant was made while its purpose was prohibited, or its licensee under a sanction'
    FROM hit AS h WHERE h.created_at > h.from_at + interval '1 second' AND h.created_at < h.until_at
    UNION ALL
    SELECT 'grant', h.id::text, 'begun against ' || h.kind || ' ' || h.ruling, 'no start', log.time_text(pg_catalog.min(r.at)),
        'the grant was made active while its purpose was prohibited, or its licensee under a sanction'
    FROM hit AS h JOIN run AS r ON r.id = h.id AND r.to_state = 'active' AND r.from_state = 'pending' AND r.at > h.from_at + interval '1 second' AND r.at < h.until_at
    GROUP BY h.id, h.kind, h.ruling
    UNION ALL
    SELECT 'grant', h.id::text, 'active against ' || h.kind || ' ' || h.ruling, 'not active from ' || log.time_text(h.runs_to),
        'active until ' || log.time_text(pg_catalog.max(LEAST(r.ended, h.until_at))), 'the grant ran although a prohibition or a sanction should have held it'
    FROM hit AS h JOIN run AS r ON r.id = h.id AND r.to_state = 'active' AND LEAST(r.ended, h.until_at) > GREATEST(r.at, h.runs_to) + interval '1 minute'
    WHERE h.runs_to < pg_catalog.now()
    GROUP BY h.id, h.kind, h.ruling, h.runs_to;
$$;
