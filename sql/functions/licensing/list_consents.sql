-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where the actor stands, per pool, purpose and recipient class: the latest event (which may ask for an answer), and in
--          `stands` the one that decides until it is answered.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_consents(p_actor uuid, p_pool text) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE(pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('id', e.id, 'record_id', e.record_id, 'pool', p.ref, 'purpose', e.purpose,
            'recipient_class', e.recipient_class, 'state', e.state, 'type', e.type, 'notice', e.notice,
            'at', log.time_text(e.at), 'until', log.time_text(e.until),
            'stands', CASE WHEN c.event_id IS NOT NULL THEN pg_catalog.jsonb_build_object('id', c.event_id, 'state', d.state, 'type', d.type,
                'notice', c.notice, 'at', log.time_text(c.at), 'until', log.time_text(c.until),
                'permits', c.permits AND (c.until IS NULL OR c.until > pg_catalog.clock_timestamp())) END)
        ORDER BY p.ref, e.purpose, e.recipient_class), '[]')))
    FROM (SELECT DISTINCT ON (x.pool_id, x.purpose, x.recipient_class) x.* FROM licensing.consent_event AS x
          WHERE x.member_id = p_actor ORDER BY x.pool_id, x.purpose, x.recipient_class, x.at DESC, x.seq DESC) AS e
    JOIN licensing.pool AS p USING (pool_id)
    LEFT JOIN licensing.consent_current AS c ON c.pool_id = e.pool_id AND c.purpose = e.purpose AND c.recipient_class = e.recipient_class
        AND c.member_id = e.member_id
    LEFT JOIN licensing.consent_event AS d ON d.id = c.event_id
    WHERE p_pool IS NULL OR p.ref = p_pool OR p.pool_id::text = p_pool;
$$;
