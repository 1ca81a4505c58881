-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps the tlog-proof of each result whose leaf is under a checkpoint by now. The leaf is the one with the run's own root: an abandoned run
--          of the same inputs has the same number.
-- Outcomes: none.
-- Locks: the runs.
CREATE OR REPLACE FUNCTION payout.prove_runs() RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE payout.run AS r SET result_index = e.index, proof = log.prove(e.index)
    FROM log.entry AS e
    WHERE r.proof IS NULL AND r.state IN ('computed', 'review', 'posted') AND e.type = 'run_result' AND e.object_id = r.run_id
        AND pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb->'body'->>'lines_root' = pg_catalog.encode(r.lines_root, 'hex')
        AND EXISTS (SELECT FROM log.checkpoint AS c WHERE c.size > e.index);
$$;
