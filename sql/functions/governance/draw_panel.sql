-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: draws the panel: the seed, then a seat per class that has candidates. Without any commitment the seed is the root of the
--          transparency log with the leaf of this draw as its last: chosen in advance, and recomputable from the log by anybody. False:
--          that leaf is not in the log yet.
-- Outcomes: none.
-- Locks: row of the appeal, taken by the caller.
CREATE OR REPLACE FUNCTION governance.draw_panel(p_appeal uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a governance.panel_case := (SELECT x FROM governance.panel_case AS x WHERE x.id = p_appeal);
    l governance.panel_lot := (SELECT x FROM governance.panel_lot AS x WHERE x.appeal_id = p_appeal AND x.round = a.round);
    v_seed text := governance.lot_seed(p_appeal, a.round);
    v_size bigint;
    v_root text;
    v_class text;
BEGIN
    IF v_seed IS NULL THEN
        SELECT t.size, pg_catalog.encode(t.root, 'hex') INTO v_size, v_root FROM log.tree_with(l.leaf_id) AS t;
        IF v_root IS NULL THEN
            RETURN false;
        END IF;
        v_seed := governance.hash_text('commonhold-panel-log/1:' || v_size || ':' || v_root);
    END IF;
    UPDATE governance.panel_lot SET seed = v_seed, tree_size = v_size, tree_root = v_root, drawn_at = pg_catalog.clock_timestamp(),
        reveal_until = COALESCE(reveal_until, pg_catalog.clock_timestamp())
    WHERE appeal_id = p_appeal AND round = a.round;
    UPDATE governance.panel_case SET state = 'panel', closes_at = pg_catalog.clock_timestamp() + governance.duration('council_case_seconds') WHERE id = p_appeal;
    FOREACH v_class IN ARRAY ARRAY['U', 'W', 'C'] LOOP
        PERFORM governance.seat_panel(p_appeal, v_class);
    END LOOP;
    PERFORM log.append_leaf('appeal', p_appeal || '/' || a.round, governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('appeal', p_appeal,
            'round', a.round, 'seed', v_seed, 'seats', (SELECT COALESCE(pg_catalog.jsonb_object_agg(s.class, s.volunteer_id), '{}') FROM governance.panel_of(p_appeal) AS s)))),
        pg_catalog.jsonb_build_object('event', 'drawn', 'kind', a.kind,
        'seats', (SELECT pg_catalog.count(DISTINCT s.class) FROM governance.panel_seat AS s WHERE s.appeal_id = p_appeal AND s.round = a.round)));
    PERFORM governance.settle_appeal(p_appeal);
    RETURN true;
END
$$;
