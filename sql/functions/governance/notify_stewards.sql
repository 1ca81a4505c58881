-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: tells stewards and deputies that a key is due, when the vote is to be sealed; the second reading has kinds of its own.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.notify_stewards(p_id uuid, p_kind text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT governance.notify_members(ARRAY(SELECT DISTINCT o.member_id FROM governance.office_in_force AS o
               WHERE o.body IN ('steward', 'steward_deputy') AND governance.steward_class(o.member_id, p_id) IS NOT NULL), 'proposal ' || p_id,
        p_kind || CASE WHEN p.reading = 2 THEN '_2' ELSE '' END,
        pg_catalog.jsonb_build_object('proposal_id', p_id, 'type', p.type, 'reading', p.reading, 'state', p.state, 'closes_at', log.time_text(p.closes_at)))
    FROM governance.proposal AS p WHERE p.id = p_id AND p.rule ->> 'secrecy' = 'sealed' AND (p.named IS NOT TRUE OR p.state = 'second_reading');
$$;
