-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the deliveries of an endpoint, newest event first, one page; p_state: only those.
-- Outcomes: ok, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_webhook_deliveries(p_actor uuid, p_organisation uuid, p_id uuid, p_state text, p_limit integer, p_after uuid)
RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM licensing.webhook_endpoint AS e WHERE e.id = p_id AND e.ended_at IS NULL
                   AND e.organisation_id = COALESCE(licensing.organisation_of(p_actor), p_organisation)) THEN
        RETURN log.answer('not_found');
    END IF;
    RETURN (WITH page AS (SELECT d.event_id FROM licensing.webhook_delivery AS d
                WHERE d.endpoint_id = p_id AND (p_state IS NULL OR d.state = p_state) AND (p_after IS NULL OR d.event_id < p_after)
                ORDER BY d.event_id DESC LIMIT p_limit)
        SELECT log.answer('ok', pg_catalog.jsonb_build_object(
            'items', COALESCE(pg_catalog.jsonb_agg(licensing.webhook_delivery_body(p_id, x.event_id) ORDER BY x.event_id DESC), '[]'),
            'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(x.event_id ORDER BY x.event_id))[1] END))
        FROM page AS x);
END
$$;
