-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives the seat of a class on a panel to the next candidate of the draw; those who have become unable since the candidates were
--          frozen are passed over, which is published.
-- Outcomes: none.
-- Locks: row of the appeal, taken by the caller.
CREATE OR REPLACE FUNCTION governance.seat_panel(p_appeal uuid, p_class text) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_round integer := (SELECT x.round FROM governance.panel_case AS x WHERE x.id = p_appeal);
    v_row record;
    v_bar text;
BEGIN
    FOR v_row IN SELECT c.volunteer_id, v.member_id FROM governance.panel_candidate AS c JOIN governance.panel_volunteer AS v ON v.id = c.volunteer_id
                 JOIN governance.panel_lot AS l USING (appeal_id, round)
                 WHERE c.appeal_id = p_appeal AND c.round = v_round AND c.class = p_class
                   AND NOT EXISTS (SELECT FROM governance.panel_pass AS x WHERE (x.appeal_id, x.round, x.volunteer_id) = (p_appeal, v_round, c.volunteer_id))
                   AND NOT EXISTS (SELECT FROM governance.panel_seat AS s WHERE (s.appeal_id, s.round, s.volunteer_id) = (p_appeal, v_round, c.volunteer_id))
                 ORDER BY governance.lot_rank(l.seed, p_appeal, v_round, p_class, c.volunteer_id), c.volunteer_id LOOP
        v_bar := governance.panel_bar(p_appeal, v_row.member_id);
        IF v_bar IS NULL THEN
            INSERT INTO governance.panel_seat (appeal_id, round, class, n, volunteer_id, member_id, at)
            SELECT p_appeal, v_round, p_class, COALESCE(pg_catalog.max(s.n), 0) + 1, v_row.volunteer_id, v_row.member_id, pg_catalog.clock_timestamp()
            FROM governance.panel_seat AS s WHERE (s.appeal_id, s.round, s.class) = (p_appeal, v_round, p_class);
            PERFORM governance.notify_members(ARRAY[v_row.member_id], 'appeal ' || p_appeal || '/' || v_round, 'case_opened',
                pg_catalog.jsonb_build_object('appeal_id', p_appeal, 'round', v_round));
            RETURN;
        END IF;
        INSERT INTO governance.panel_pass (appeal_id, round, volunteer_id, reason, at) VALUES (p_appeal, v_round, v_row.volunteer_id, v_bar, pg_catalog.clock_timestamp());
    END LOOP;
END
$$;
