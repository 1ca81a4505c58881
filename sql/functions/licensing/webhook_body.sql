-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an endpoint as its organisation sees it. No secret is in it; public keys are.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.webhook_body(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', e.id, 'url', e.url, 'description', e.description, 'types', e.types,
        'state', CASE WHEN e.disabled_at IS NULL THEN 'live' ELSE 'disabled' END, 'disabled_reason', e.disabled_reason,
        'disabled_at', log.time_text(e.disabled_at), 'created_at', log.time_text(e.created_at),
        'last_success_at', log.time_text(e.last_success_at), 'last_failure_at', log.time_text(e.last_failure_at),
        'keys', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('no', k.no, 'scheme', k.scheme, 'public_key', k.public_key,
                     'from', log.time_text(k.from_at), 'until', log.time_text(k.until_at)) ORDER BY k.no DESC)
                 FROM licensing.webhook_key AS k WHERE k.endpoint_id = e.id AND (k.until_at IS NULL OR k.until_at > pg_catalog.clock_timestamp())))
    FROM licensing.webhook_endpoint AS e WHERE e.id = p_id;
$$;
