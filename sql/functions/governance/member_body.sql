-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a member as the member itself and the membership officer see it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.member_body(p_member uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', e.member_id, 'class', e.class, 'standing', e.standing, 'since', log.time_text(e.since_at),
        'observer', e.observer, 'eligible', e.ineligible IS NULL, 'ineligible', e.ineligible, 'sealed', governance.sealed_person(e.member_id, true),
        'class_change', (SELECT pg_catalog.jsonb_build_object('class', c.class, 'from', log.time_text(c.from_at)) FROM governance.class_spell AS c
                         WHERE c.member_id = e.member_id AND c.from_at > pg_catalog.clock_timestamp() ORDER BY c.seq DESC LIMIT 1),
        'dues_until', (SELECT log.time_text(pg_catalog.max(d.until_at)) FROM governance.dues AS d WHERE d.member_id = e.member_id),
        'offices', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('office_id', o.office_id, 'body', o.body, 'seat', o.seat,
                        'until', log.time_text(o.until_at)) ORDER BY o.body), '[]') FROM governance.office_in_force AS o
                    WHERE o.member_id = e.member_id AND o.until_at > pg_catalog.clock_timestamp()))
    FROM governance.member_eligibility AS e WHERE e.member_id = p_member;
$$;
