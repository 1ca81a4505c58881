-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a delivery as the organisation sees it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.webhook_delivery_body(p_endpoint uuid, p_event uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('event_id', d.event_id, 'type', x.type, 'state', d.state, 'attempts', d.attempts,
        'last_attempt_at', log.time_text(d.last_attempt_at), 'last_status', d.last_status, 'last_error', d.last_error, 'last_ms', d.last_ms,
        'next_at', log.time_text(d.next_at), 'settled_at', log.time_text(d.settled_at), 'created_at', log.time_text(x.created_at))
    FROM licensing.webhook_delivery AS d JOIN licensing.webhook_event AS x ON x.id = d.event_id
    WHERE d.endpoint_id = p_endpoint AND d.event_id = p_event;
$$;
