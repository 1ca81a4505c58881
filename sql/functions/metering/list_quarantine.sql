-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: events that were kept and are never billed, newest first, keyset by id: all for the treasurer, those of its grants for a person of a licensee.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.list_quarantine(p_actor uuid, p_grant uuid, p_limit integer, p_after uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := governance.is_office(p_actor, 'treasurer');
    v_organisation uuid := licensing.organisation_of(p_actor);
BEGIN
    IF NOT v_all AND v_organisation IS NULL THEN
        RETURN log.refusal('forbidden', 'the quarantine is shown to the treasurer and to licensees');
    END IF;
    RETURN (WITH page AS (
            SELECT q.*, g.pool, g.organisation_id, g.organisation_name FROM metering.quarantine AS q JOIN licensing.grant_overview AS g USING (grant_id)
            WHERE (v_all OR g.organisation_id = v_organisation) AND (p_grant IS NULL OR q.grant_id = p_grant)
                AND (p_after IS NULL OR q.id < p_after) ORDER BY q.id DESC LIMIT p_limit + 1),
        shown AS (SELECT * FROM page ORDER BY id DESC LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', s.id, 'source', o.uri, 'event_id', s.event_id,
                'grant_id', s.grant_id, 'pool', s.pool, 'organisation_id', s.organisation_id, 'organisation_name', s.organisation_name,
                'meter', s.meter, 'units', s.units, 'contribution_id', s.contribution_id, 'time', log.time_text(s.occurred_at),
                'received_at', log.time_text(s.received_at), 'reason', s.reason) ORDER BY s.id DESC), '[]')
                FROM shown AS s JOIN metering.source AS o USING (source_no)),
            'next', CASE WHEN (SELECT pg_catalog.count(*) FROM page) > p_limit THEN (SELECT s.id FROM shown AS s ORDER BY s.id LIMIT 1) END)));
END
$$;
