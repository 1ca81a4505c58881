-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the clients of the actor's organisation with their live secrets' and keys' numbers and dates.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_clients(p_actor uuid) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
        'client_id', c.id, 'name', c.name, 'data_plane', c.data_plane, 'created_at', log.time_text(c.created_at),
        'secrets', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('no', s.no, 'created_at', log.time_text(s.created_at)) ORDER BY s.no), '[]')
                    FROM licensing.client_secret AS s WHERE s.client_id = c.id AND s.ended_at IS NULL),
        'keys', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('no', k.no, 'kid', k.kid, 'created_at', log.time_text(k.created_at))
                    ORDER BY k.no), '[]') FROM licensing.client_key AS k WHERE k.client_id = c.id AND k.ended_at IS NULL)) ORDER BY c.id), '[]')))
    FROM licensing.client AS c WHERE c.organisation_id = licensing.organisation_of(p_actor) AND c.ended_at IS NULL;
$$;
