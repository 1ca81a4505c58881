-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: seats those who were elected, in the order of their election, until the end of the new term; all who held the seats before leave.
--          Who has left, or holds by now what does not go with it, is passed over: the seat stays vacant.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.apply_seats(p_id uuid, p_effect jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
    v_term bigint := pg_catalog.ceil(EXTRACT(epoch FROM (p_effect ->> 'until')::timestamptz - pg_catalog.now()));
    v_member uuid;
BEGIN
    PERFORM governance.end_office(o.office_id, 'replaced', p_id) FROM governance.office_in_force AS o JOIN governance.office AS w ON w.id = o.office_id
    WHERE o.body = p_effect ->> 'body' AND w.class IS NOT DISTINCT FROM p_effect ->> 'class' AND o.until_at > pg_catalog.now();
    FOR v_member IN
        SELECT e.member_id FROM governance.elected(p_id) AS e ORDER BY e.place LOOP
        IF (SELECT m.standing FROM governance.member_now AS m WHERE m.member_id = v_member) = 'active' AND governance.incompatibility(p, v_member) IS NULL THEN
            PERFORM governance.add_office(v_member, p_effect ->> 'body', p_effect ->> 'class', (p_effect ->> 'seats')::integer, v_term, p_id);
        END IF;
    END LOOP;
END
$$;
