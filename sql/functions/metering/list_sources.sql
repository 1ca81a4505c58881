-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sources by number, keyset: all for the licensing officer and the treasurer, those of its clients for a person of an organisation.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.list_sources(p_actor uuid, p_limit integer, p_after integer) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_all boolean := governance.is_office(p_actor, 'licensing_officer') OR governance.is_office(p_actor, 'treasurer');
    v_organisation uuid := licensing.organisation_of(p_actor);
BEGIN
    IF NOT v_all AND v_organisation IS NULL THEN
        RETURN log.refusal('forbidden', 'sources are shown to the licensing officer, the treasurer and their licensees');
    END IF;
    RETURN (WITH page AS (
            SELECT s.* FROM metering.source_overview AS s
            WHERE (v_all OR s.organisation_id = v_organisation) AND (p_after IS NULL OR s.source_no > p_after) ORDER BY s.source_no LIMIT p_limit + 1),
        shown AS (SELECT * FROM page ORDER BY source_no LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', (SELECT COALESCE(pg_catalog.jsonb_agg(metering.source_body(s::metering.source_overview) ORDER BY s.source_no), '[]') FROM shown AS s),
            'next', CASE WHEN (SELECT pg_catalog.count(*) FROM page) > p_limit THEN (SELECT pg_catalog.max(s.source_no)::text FROM shown AS s) END)));
END
$$;
