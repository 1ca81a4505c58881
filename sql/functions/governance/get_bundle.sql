-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the bundle of one tallied reading of a sealed vote (the last one where p_reading is NULL), as canonical JSON, everything by which anybody
--          recounts it without this database: {reading, parts}, between whose three parts its opened choices and its records go
--          (governance.bundle_page).
-- Outcomes: ok, forbidden, not_tallied, not_yet_logged, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_bundle(p_actor uuid, p_id uuid, p_reading integer, OUT outcome text, OUT body text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
    v_reading integer := COALESCE(p_reading, (SELECT pg_catalog.max(x.reading) FROM governance.tally AS x WHERE x.proposal_id = p_id), p.reading);
    h governance.roll_head := (SELECT x FROM governance.roll_head AS x WHERE x.proposal_id = p_id AND x.reading = v_reading);
    t governance.tally := (SELECT x FROM governance.tally AS x WHERE x.proposal_id = p_id AND x.reading = v_reading);
    v_box text := p_id || '/' || v_reading;
    v_unlinked boolean := p.rule ->> 'board_mode' = 'unlinked';
    v_log jsonb := governance.bundle_log(p_id, v_reading);
    v_refusal log.answer := CASE
        WHEN p.id IS NULL OR p.state = 'draft' OR v_reading > p.reading THEN log.refusal('not_found', 'no such proposal')
        WHEN NOT governance.reads_ballots(p_actor, p) THEN log.refusal('forbidden', 'ballots of elections are for members; the proposal shows the stages of the count')
        WHEN NOT h.sealed THEN log.refusal('not_found', 'this vote is named: the proposal shows who voted how')
        WHEN t.proposal_id IS NULL THEN log.refusal('not_tallied', 'the bundle is there when the vote is tallied')
        WHEN v_log IS NULL THEN log.refusal('not_yet_logged', 'the leaves of this vote wait for the next checkpoint') END;
    v_spoiled text;
BEGIN
    outcome := COALESCE(v_refusal.outcome, 'ok');
    body := v_refusal.body;
    IF v_refusal IS NOT NULL THEN
        RETURN;
    END IF;
    SELECT '[' || COALESCE(pg_catalog.string_agg('"' || pg_catalog.encode(s.record_sha256, 'hex') || '"', ',' ORDER BY s.record_sha256), '') || ']'
    INTO v_spoiled FROM governance.spoiled_ballot AS s WHERE s.box = v_box;
    body := pg_catalog.jsonb_build_object('reading', v_reading, 'parts', pg_catalog.jsonb_build_array(
        '{"attestations":' || log.canonical(COALESCE((SELECT m.attestations FROM governance.merged_box AS m WHERE m.box = v_box), '[]'))
        || ',"log":' || log.canonical(v_log)
        || ',"lot_seed":"' || t.lot_seed || '","opened":[',
        '],"outcome":' || log.canonical(t.outcome)
        || ',"proposal":' || log.canonical(pg_catalog.jsonb_build_object('id', p_id, 'version', p.version, 'type', p.type, 'reading', v_reading,
               'method', p.rule -> 'method', 'text_sha256', p.text_sha256, 'effect_sha256', p.effect_sha256, 'rule_sha256', p.rule_sha256,
               'proposal_sha256', p.proposal_sha256, 'rule', p.rule))
        || ',"records":[',
        '],"roll":' || log.canonical(pg_catalog.jsonb_build_object('sha256', h.sha256, 'counts', h.counts))
        || ',"schema":"commonhold-vote/1","spoiled":' || v_spoiled
        || ',"stewards":' || log.canonical((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('class', k.class, 'public_key', governance.base64url(k.public_key))
               || CASE WHEN v_unlinked THEN '{}' ELSE pg_catalog.jsonb_build_object('private_key', governance.base64url(k.private_key)) END
               ORDER BY pg_catalog.strpos('UWC', k.class))
               FROM governance.steward_key AS k WHERE k.proposal_id = p_id AND k.reading = v_reading))
        || ',"tally":' || log.canonical(t.counts || CASE WHEN t.result IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('effect', governance.effect_of(p_id), 'result', t.result) END)
        || ',"voted":' || log.canonical((SELECT pg_catalog.jsonb_object_agg(o.code, (SELECT pg_catalog.count(*) FROM governance.roll AS r
               WHERE r.proposal_id = p_id AND r.reading = v_reading AND r.class = o.code AND r.voted)) FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS o (code))) || '}'));
END
$$;
