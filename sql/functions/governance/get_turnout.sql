-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: turnout and result per class of every reading that was tallied; and ballots cast per class as the log last had them under a checkpoint: of the
--          last full hour or of the close, never of this moment.
-- Outcomes: ok, forbidden, not_tallied, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_turnout(p_actor uuid, p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
    v_published jsonb := (
        SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('reading', b.reading, 'at', log.time_text(b.at), 'cast', b.counts,
                   'ballots_sha256', b.sha256) ORDER BY b.reading), '[]')
        FROM (SELECT DISTINCT ON (x.reading) x.* FROM governance.ballot_log AS x JOIN log.entry AS e ON e.type = 'ballots'
                  AND e.object_id = x.proposal_id || '/' || x.reading AND e.object_sha256 = x.sha256 AND e.index < (SELECT pg_catalog.max(c.size) FROM log.checkpoint AS c)
              WHERE x.proposal_id = p_id ORDER BY x.reading, x.no DESC) AS b);
BEGIN
    IF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF NOT governance.reads_ballots(p_actor, p) THEN
        RETURN log.refusal('forbidden', 'the turnout of elections is for members');
    ELSIF p.opens_at IS NULL OR (p.state IN ('voting', 'closed') AND v_published = '[]') THEN
        RETURN log.refusal('not_tallied', 'turnout is published by the hour, and when the vote is tallied');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('proposal_id', p_id, 'published', v_published, 'readings', (
        SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('reading', t.reading, 'roll_sha256', h.sha256, 'counts', t.counts, 'outcome', t.outcome)
                   ORDER BY t.reading), '[]')
        FROM governance.tally AS t JOIN governance.roll_head AS h USING (proposal_id, reading) WHERE t.proposal_id = p_id)));
END
$$;
