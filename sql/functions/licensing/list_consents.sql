-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where the actor stands, per pool, purpose and recipient class, with the latest event that asks for an answer.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_consents(p_actor uuid, p_pool text) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL, 'items', COALESCE(pg_catalog.jsonb_agg(
        pg_catalog.jsonb_build_object('id', e.id, 'record_id', e.record_id, 'pool', p.ref, 'purpose', e.purpose,
            'recipient_class', e.recipient_class, 'state', e.state, 'type', e.type, 'notice', e.notice,
            'at', log.time_text(e.at), 'until', log.time_text(e.until)) ORDER BY p.ref, e.purpose, e.recipient_class), '[]')))
    FROM (SELECT DISTINCT ON (x.pool_id, x.purpose, x.recipient_class) x.* FROM licensing.consent_event AS x
          WHERE x.member_id = p_actor ORDER BY x.pool_id, x.purpose, x.recipient_class, x.at DESC, x.seq DESC) AS e
    JOIN licensing.pool AS p USING (pool_id)
    WHERE p_pool IS NULL OR p.ref = p_pool;
$$;
