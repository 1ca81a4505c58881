-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: opens the next draw of a panel: freezes the candidates (volunteers whom nothing bars, by class, ascending) and says which stewards
--          commit to values, before any value is known; both are hashed into the log. Every class needs a candidate; once the time of a
--          ceremony has passed two classes are enough, since two that agree decide. False: too few volunteers yet.
-- Outcomes: none.
-- Locks: row of the appeal, taken by the caller.
CREATE OR REPLACE FUNCTION governance.open_lot(p_appeal uuid) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    a governance.panel_case := (SELECT x FROM governance.panel_case AS x WHERE x.id = p_appeal);
    v_now timestamptz := pg_catalog.clock_timestamp();
    v_since timestamptz := GREATEST(a.opened_at, (SELECT pg_catalog.max(l.drawn_at) FROM governance.panel_lot AS l WHERE l.appeal_id = p_appeal));
    v_candidates jsonb;
    v_stewards text;
    v_hash text;
    v_classes integer;
BEGIN
    SELECT pg_catalog.jsonb_object_agg(o.code, COALESCE((SELECT pg_catalog.jsonb_agg(v.id ORDER BY v.id) FROM governance.panel_volunteer AS v
               JOIN governance.member_now AS n USING (member_id) WHERE n.class = o.code AND governance.panel_bar(p_appeal, v.member_id) IS NULL
                 AND NOT EXISTS (SELECT FROM governance.panel_volunteer_end AS e WHERE e.volunteer_id = v.id)), '[]'))
    INTO v_candidates FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS o (code);
    SELECT pg_catalog.count(*) INTO v_classes FROM pg_catalog.jsonb_each(v_candidates) AS e WHERE e.value <> '[]';
    IF v_classes < 2 OR (v_classes = 2 AND v_now < v_since + governance.duration('ceremony_seconds')) THEN
        RETURN false;
    END IF;
    SELECT COALESCE(pg_catalog.string_agg(o.code, '' ORDER BY o.i), '') INTO v_stewards
    FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) WITH ORDINALITY AS o (code, i)
    WHERE EXISTS (SELECT FROM governance.stewards_of(p_appeal) AS s WHERE s.class = o.code);
    v_hash := governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('appeal', p_appeal, 'round', a.round + 1, 'candidates', v_candidates,
        'stewards', v_stewards)));
    INSERT INTO governance.panel_lot (appeal_id, round, stewards, candidates, sha256, leaf_id, opened_at, commit_until)
    VALUES (p_appeal, a.round + 1, v_stewards, v_candidates, v_hash,
            log.append_leaf('appeal', p_appeal || '/' || (a.round + 1), v_hash, pg_catalog.jsonb_build_object('event', 'lot', 'kind', a.kind,
                'candidates', (SELECT pg_catalog.jsonb_object_agg(e.key, pg_catalog.jsonb_array_length(e.value)) FROM pg_catalog.jsonb_each(v_candidates) AS e))),
            v_now, v_now + CASE v_stewards WHEN '' THEN interval '0' ELSE governance.duration('ceremony_seconds') END);
    INSERT INTO governance.panel_candidate (appeal_id, round, class, volunteer_id)
    SELECT p_appeal, a.round + 1, e.key, i.id::uuid FROM pg_catalog.jsonb_each(v_candidates) AS e CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(e.value) AS i (id);
    UPDATE governance.panel_case SET round = a.round + 1 WHERE id = p_appeal;
    PERFORM governance.notify_members(ARRAY(SELECT s.member_id FROM governance.stewards_of(p_appeal) AS s), 'appeal ' || p_appeal || '/' || (a.round + 1),
        'steward_key_due', pg_catalog.jsonb_build_object('appeal_id', p_appeal, 'round', a.round + 1, 'what', 'commit-lot'));
    RETURN true;
END
$$;
