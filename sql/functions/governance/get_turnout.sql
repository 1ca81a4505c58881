-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: turnout and result per class of every reading that was tallied.
-- Outcomes: ok, not_tallied, not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.get_turnout(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    p governance.proposal := (SELECT x FROM governance.proposal AS x WHERE x.id = p_id);
BEGIN
    IF p.id IS NULL OR p.state = 'draft' THEN
        RETURN log.refusal('not_found', 'no such proposal');
    ELSIF p.opens_at IS NULL OR p.state IN ('voting', 'closed') THEN
        RETURN log.refusal('not_tallied', 'turnout is published when the vote is tallied');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('proposal_id', p_id, 'readings', (
        SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('reading', t.reading, 'roll_sha256', h.sha256, 'counts', t.counts, 'outcome', t.outcome)
                   ORDER BY t.reading), '[]')
        FROM governance.tally AS t JOIN governance.roll_head AS h USING (proposal_id, reading) WHERE t.proposal_id = p_id)));
END
$$;
