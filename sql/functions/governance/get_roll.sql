-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a roll for members: hash, counts, class and name of everybody on it, or that the name is withheld; one page.
-- Outcomes: ok, not_found, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_roll(p_actor uuid, p_id uuid, p_reading integer, p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_reading integer := COALESCE(p_reading, (SELECT p.reading FROM governance.proposal AS p WHERE p.id = p_id));
    h governance.roll_head := (SELECT x FROM governance.roll_head AS x WHERE x.proposal_id = p_id AND x.reading = v_reading);
BEGIN
    IF governance.ineligibility(p_actor) IN ('not_a_member', 'not_active') THEN
        RETURN log.refusal('forbidden', 'members read the roll');
    ELSIF h.proposal_id IS NULL THEN
        RETURN log.refusal('not_found', 'no roll has been taken');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('proposal_id', p_id, 'reading', v_reading, 'sha256', h.sha256, 'counts', h.counts,
                'taken_at', log.time_text(h.taken_at), 'items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('class', m.class,
                    'sealed', CASE WHEN NOT m.name_withheld THEN governance.sealed_person(m.member_id, false) END) ORDER BY m.member_id), '[]'),
                'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(m.member_id ORDER BY m.member_id DESC))[1] END))
            FROM (SELECT r.member_id, r.class, n.name_withheld FROM governance.roll AS r JOIN governance.person AS n USING (member_id)
                  WHERE r.proposal_id = p_id AND r.reading = v_reading AND (p_after IS NULL OR r.member_id > p_after)
                  ORDER BY r.member_id LIMIT p_limit) AS m);
END
$$;
