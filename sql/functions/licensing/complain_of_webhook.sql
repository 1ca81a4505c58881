-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: queues a notice for each person of the organisation that an event could not be delivered (kind webhook.failed) or that the
--          endpoint is disabled (webhook.disabled): once a day for each endpoint and kind. Failed tests are not told.
-- Outcomes: none.
-- Locks: those of log.notify_member.
CREATE OR REPLACE FUNCTION licensing.complain_of_webhook(p_endpoint uuid, p_event uuid, p_verdict text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.notify_member(p.person_id, 'webhook ' || e.id || ' ' || pg_catalog.left(log.time_text(pg_catalog.clock_timestamp()), 10),
        CASE WHEN p_verdict = 'gone' THEN 'webhook.disabled' ELSE 'webhook.failed' END,
        pg_catalog.jsonb_build_object('webhook_id', e.id, 'event_id', x.id, 'type', x.type, 'status', d.last_status, 'error', d.last_error))
    FROM licensing.webhook_endpoint AS e
    JOIN licensing.person_of_organisation AS p ON p.organisation_id = e.organisation_id AND p.left_at IS NULL
    JOIN licensing.webhook_event AS x ON x.id = p_event
    JOIN licensing.webhook_delivery AS d ON d.endpoint_id = e.id AND d.event_id = x.id
    WHERE e.id = p_endpoint AND (x.type <> 'webhook.ping' OR p_verdict = 'gone');
$$;
