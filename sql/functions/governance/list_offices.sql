-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: who holds which office now.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_offices(p_body text) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('office_id', o.office_id,
        'body', o.body, 'seat', o.seat, 'member_id', o.member_id, 'from', log.time_text(o.from_at), 'until', log.time_text(o.until_at),
        'origin', COALESCE(w.proposal_id::text, 'charter'), 'sealed', governance.sealed_person(o.member_id, false)) ORDER BY o.body, o.seat), '[]'), 'next', NULL))
    FROM governance.office_in_force AS o JOIN governance.office AS w ON w.id = o.office_id
    WHERE (p_body IS NULL OR o.body = p_body) AND o.from_at <= pg_catalog.clock_timestamp() AND o.until_at > pg_catalog.clock_timestamp();
$$;
