-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a draw with everything it is recomputed from: candidates, commitments, values, seed, who was passed over.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.lot_body(p_appeal uuid, p_round integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('appeal', l.appeal_id, 'round', l.round, 'stewards', l.stewards, 'candidates', l.candidates, 'sha256', l.sha256,
        'opened_at', log.time_text(l.opened_at), 'commit_until', log.time_text(l.commit_until), 'reveal_until', log.time_text(l.reveal_until),
        'drawn_at', log.time_text(l.drawn_at), 'seed', l.seed, 'tree_size', l.tree_size, 'tree_root', l.tree_root,
        'values', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('class', k.class, 'commitment', k.commitment, 'value', r.value,
                'withheld', l.drawn_at IS NOT NULL AND r.value IS NULL) ORDER BY pg_catalog.strpos('UWC', k.class)), '[]')
            FROM governance.panel_commit AS k LEFT JOIN governance.panel_reveal AS r USING (appeal_id, round, class)
            WHERE k.appeal_id = l.appeal_id AND k.round = l.round),
        'passed_over', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('volunteer_id', x.volunteer_id, 'reason', x.reason, 'note', x.note)
                ORDER BY x.at, x.volunteer_id), '[]') FROM governance.panel_pass AS x WHERE x.appeal_id = l.appeal_id AND x.round = l.round),
        'seats', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('class', s.class, 'n', s.n, 'volunteer_id', s.volunteer_id)
                ORDER BY pg_catalog.strpos('UWC', s.class), s.n), '[]') FROM governance.panel_seat AS s WHERE s.appeal_id = l.appeal_id AND s.round = l.round))
    FROM governance.panel_lot AS l WHERE l.appeal_id = p_appeal AND l.round = p_round;
$$;
