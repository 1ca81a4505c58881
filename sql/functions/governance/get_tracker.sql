-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: where a ballot is, by its tracker (p_low and p_high: the first and last hash that it can stand for, hex). While a vote is open it only says that
--          the box has it, which tells nobody anything but whoever has the tracker; afterwards whether it is in the count, and what the log has.
-- Outcomes: ok, forbidden, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_tracker(p_actor uuid, p_low text, p_high text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_low bytea := pg_catalog.decode(p_low, 'hex');
    v_high bytea := pg_catalog.decode(p_high, 'hex');
    b record;
    p governance.proposal;
    v_reading integer;
BEGIN
    SELECT x.box, x.record_sha256 INTO b FROM (
        SELECT o.box, o.record_sha256 FROM governance.proposal AS v JOIN governance.ballot_box AS o ON o.box = v.id || '/' || v.reading
        WHERE v.state = 'voting' AND o.record_sha256 BETWEEN v_low AND v_high
        UNION ALL
        SELECT c.box, c.record_sha256 FROM governance.ballot AS c WHERE c.record_sha256 BETWEEN v_low AND v_high) AS x LIMIT 1;
    IF b.box IS NULL THEN
        RETURN log.refusal('not_found', 'no box has a ballot of this tracker');
    END IF;
    v_reading := pg_catalog.split_part(b.box, '/', 2);
    SELECT * INTO p FROM governance.proposal WHERE id = pg_catalog.split_part(b.box, '/', 1)::uuid;
    IF NOT governance.reads_ballots(p_actor, p) THEN
        RETURN log.refusal('forbidden', 'ballots of elections are for members');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('proposal_id', p.id, 'reading', v_reading, 'box', b.box,
        'record_sha256', pg_catalog.encode(b.record_sha256, 'hex'),
        'state', CASE WHEN p.reading = v_reading AND p.state = 'voting' THEN 'in_box'
                      WHEN NOT EXISTS (SELECT FROM governance.tally AS t WHERE t.proposal_id = p.id AND t.reading = v_reading) THEN 'closed'
                      WHEN EXISTS (SELECT FROM governance.spoiled_ballot AS s WHERE s.box = b.box AND s.record_sha256 = b.record_sha256) THEN 'spoiled'
                      ELSE 'counted' END,
        'log', CASE WHEN p.reading > v_reading OR p.state NOT IN ('frozen', 'second_reading', 'voting') THEN governance.bundle_log(p.id, v_reading) -> 'records' END));
END
$$;
