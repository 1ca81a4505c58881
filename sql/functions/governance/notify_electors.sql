-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: tells those who may vote on a proposal; the second reading has kinds of its own.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.notify_electors(p_id uuid, p_kind text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT governance.notify_members(ARRAY(SELECT e.member_id FROM governance.electors(p) AS e), 'proposal ' || p_id,
        p_kind || CASE WHEN p.reading = 2 THEN '_2' ELSE '' END,
        pg_catalog.jsonb_build_object('proposal_id', p_id, 'type', p.type, 'reading', p.reading, 'state', p.state, 'closes_at', log.time_text(p.closes_at)))
    FROM governance.proposal AS p WHERE p.id = p_id;
$$;
