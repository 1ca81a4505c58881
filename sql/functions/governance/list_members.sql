-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the register, one page, of a standing or of those whose change of class is to come where that is asked; the look is written down.
-- Outcomes: ok, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.list_members(p_actor uuid, p_standing text, p_changing boolean, p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'membership_officer') THEN
        RETURN log.refusal('forbidden', 'only the membership officer reads the register');
    END IF;
    INSERT INTO governance.person_view (viewer, member_id) VALUES (p_actor, NULL);
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(governance.member_body(m.member_id) ORDER BY m.member_id), '[]'),
                'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(m.member_id ORDER BY m.member_id DESC))[1] END))
            FROM (SELECT n.member_id FROM governance.member_now AS n WHERE (p_after IS NULL OR n.member_id > p_after)
                      AND (p_standing IS NULL OR n.standing = p_standing)
                      AND (NOT p_changing OR EXISTS (SELECT FROM governance.class_spell AS c
                                                     WHERE c.member_id = n.member_id AND c.from_at > pg_catalog.clock_timestamp())) ORDER BY n.member_id LIMIT p_limit) AS m);
END
$$;
