-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a source as its answers show it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.source_body(p_source metering.source_overview) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('source_no', p_source.source_no, 'uri', p_source.uri, 'client_id', p_source.client_id,
        'organisation_id', p_source.organisation_id, 'registered_by', p_source.registered_by, 'registered_at', log.time_text(p_source.registered_at),
        'live', p_source.ended_at IS NULL);
$$;
