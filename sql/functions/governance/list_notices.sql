-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the notices of a member, newest first, one page, and the kinds the member has switched off.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_notices(p_actor uuid, p_after bigint, p_limit integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', n.id::text,
        'subject', n.payload ->> 'subject', 'kind', n.payload ->> 'kind', 'body', n.payload -> 'body', 'at', log.time_text(n.created_at)) ORDER BY n.id DESC), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN pg_catalog.min(n.id)::text END,
        'switched_off', (SELECT COALESCE(pg_catalog.jsonb_agg(p.kind ORDER BY p.kind), '[]') FROM governance.notice_preference AS p WHERE p.member_id = p_actor)))
    FROM (SELECT o.id, o.payload, o.created_at FROM log.outbox AS o
          WHERE o.topic = 'notice' AND o.payload ->> 'member' = p_actor::text AND (p_after IS NULL OR o.id < p_after)
          ORDER BY o.id DESC LIMIT p_limit) AS n;
$$;
