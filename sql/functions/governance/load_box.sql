-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the worker needs to open a closed vote: sealed or not; its box, method, how many there are to choose from, how choices are linked, the hashes that an attestation is over,
--          the private keys that were revealed (hex), how many ballots there are and how many are done.
-- Outcomes: ok, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.load_box(p_id uuid, p_reading integer) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
    h governance.roll_head := (SELECT x FROM governance.roll_head AS x WHERE x.proposal_id = p_id AND x.reading = p_reading);
    v_box text := p_id || '/' || p_reading;
BEGIN
    IF p.state IS DISTINCT FROM 'closed' OR p.reading <> p_reading THEN
        RETURN log.refusal('not_allowed_here', 'proposal ' || p_id || ' is in state ' || COALESCE(p.state, 'none') || ', reading ' || COALESCE(p.reading, 0));
    ELSIF NOT h.sealed THEN
        RETURN log.answer('ok', '{"sealed": false}');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('sealed', true, 'box', v_box, 'method', p.rule ->> 'method',
        'options', (SELECT COALESCE(pg_catalog.jsonb_array_length(COALESCE(e.effect -> 'candidates', e.effect -> 'projects')), 0)
                    FROM (SELECT governance.effect_of(p_id) AS effect) AS e),
        'unlinked', p.rule ->> 'board_mode' = 'unlinked', 'roll_sha256', h.sha256,
        'records_sha256', (SELECT b.sha256 FROM governance.ballot_log AS b WHERE b.proposal_id = p_id AND b.reading = p_reading ORDER BY b.no DESC LIMIT 1),
        'keys', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('class', k.class, 'key', pg_catalog.encode(k.private_key, 'hex'))
                     ORDER BY pg_catalog.strpos('UWC', k.class)), '[]')
                 FROM governance.steward_key AS k WHERE k.proposal_id = p_id AND k.reading = p_reading AND k.private_key IS NOT NULL),
        'ballots', (SELECT pg_catalog.count(*) FROM governance.ballot AS b WHERE b.box = v_box),
        'done', (SELECT pg_catalog.count(*) FROM governance.opened_choice AS o WHERE o.box = v_box)
            + (SELECT pg_catalog.count(*) FROM governance.spoiled_ballot AS s WHERE s.box = v_box)));
END
$$;
