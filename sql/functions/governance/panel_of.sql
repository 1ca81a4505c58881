-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the present holders of the seats of an appeal's panel, with their votes.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.panel_of(p_appeal uuid) RETURNS TABLE (class text, n integer, volunteer_id uuid, member_id uuid, choice text, reason_text text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT h.class::text, h.n, h.volunteer_id, h.member_id, v.choice, v.reason_text
    FROM governance.panel_case AS a
    JOIN LATERAL (SELECT DISTINCT ON (s.class) s.* FROM governance.panel_seat AS s WHERE s.appeal_id = a.id AND s.round = a.round
                  ORDER BY s.class, s.n DESC) AS h ON true
    LEFT JOIN governance.panel_vote AS v ON (v.appeal_id, v.round, v.class, v.n) = (h.appeal_id, h.round, h.class, h.n)
    WHERE a.id = p_appeal AND NOT EXISTS (SELECT FROM governance.panel_pass AS x
        WHERE (x.appeal_id, x.round, x.volunteer_id) = (h.appeal_id, h.round, h.volunteer_id));
$$;
