-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: begins attempts: up to p_limit endpoints with something due and no attempt under way get a lease of p_hold_s seconds, and each
--          its delivery that waits longest. An attempt whose worker vanished (its lease ran out, its end was never recorded) is begun
--          again under the same number.
-- Outcomes: ok with {now, items: [{endpoint_id, event_id, lease, attempt, type, url, body, keys: [{scheme, sealed}]}]}.
-- Locks: rows of the endpoints taken (those of another taker are passed over), then of their deliveries.
CREATE OR REPLACE FUNCTION licensing.take_webhooks(p_limit integer, p_hold_s integer) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_endpoint licensing.webhook_endpoint;
    v_delivery licensing.webhook_delivery;
    v_event licensing.webhook_event;
    v_items jsonb := '[]';
BEGIN
    FOR v_endpoint IN
        SELECT e.* FROM licensing.webhook_endpoint AS e
        WHERE e.ended_at IS NULL AND e.disabled_at IS NULL AND (e.lease_until IS NULL OR e.lease_until <= v_now)
          AND e.id IN (SELECT d.endpoint_id FROM licensing.webhook_delivery AS d WHERE d.state = 'waiting' AND d.next_at <= v_now
                       GROUP BY d.endpoint_id ORDER BY pg_catalog.min(d.next_at) LIMIT 4 * p_limit)
        LIMIT p_limit FOR UPDATE OF e SKIP LOCKED
    LOOP
        SELECT d.* INTO v_delivery FROM licensing.webhook_delivery AS d
        WHERE d.endpoint_id = v_endpoint.id AND d.state = 'waiting' AND d.next_at <= v_now ORDER BY d.next_at, d.event_id LIMIT 1 FOR UPDATE;
        CONTINUE WHEN NOT FOUND;
        UPDATE licensing.webhook_endpoint SET lease = pg_catalog.gen_random_uuid(), lease_until = v_now + p_hold_s * interval '1 second'
        WHERE id = v_endpoint.id RETURNING * INTO v_endpoint;
        UPDATE licensing.webhook_delivery SET attempts = attempts + CASE WHEN lease IS NULL THEN 1 ELSE 0 END, lease = v_endpoint.lease, last_attempt_at = v_now
        WHERE endpoint_id = v_delivery.endpoint_id AND event_id = v_delivery.event_id RETURNING * INTO v_delivery;
        SELECT * INTO STRICT v_event FROM licensing.webhook_event AS x WHERE x.id = v_delivery.event_id;
        v_items := v_items || pg_catalog.jsonb_build_object('endpoint_id', v_endpoint.id, 'event_id', v_event.id, 'lease', v_endpoint.lease,
            'attempt', v_delivery.attempts, 'type', v_event.type, 'url', v_endpoint.url, 'body', v_event.body,
            'keys', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('scheme', k.scheme, 'sealed', pg_catalog.encode(k.sealed, 'hex')) ORDER BY k.no DESC)
                     FROM licensing.webhook_key AS k WHERE k.endpoint_id = v_endpoint.id AND (k.until_at IS NULL OR k.until_at > v_now)));
    END LOOP;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('now', pg_catalog.floor(EXTRACT(epoch FROM v_now))::bigint, 'items', v_items));
END
$$;
