-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the part of a statement that proves the line: salt, place and path in the run's line tree, the log entry that names the tree's root, and
--          the proof that this entry is in the log, as soon as there is one under a checkpoint that witnesses cosigned. Without a line the entry and its proof alone.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.statement_proof(p_run payout.run, p_line payout.run_line) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('line', p_line.line::jsonb,
        'salt', pg_catalog.encode(payout.line_salt(p_line.run, p_line.index), 'hex'),
        'index', p_line.index, 'count', p_run.lines, 'total', p_run.total, 'lines_root', pg_catalog.encode(p_run.lines_root, 'hex'),
        'path', CASE WHEN p_line.run IS NOT NULL THEN payout.line_path(p_run.id, p_line.index) END,
        'entry', (SELECT pg_catalog.convert_from(e.bytes, 'UTF8')::jsonb FROM log.entry AS e WHERE e.index = p_run.result_index),
        'proof', CASE WHEN log.is_cosigned(p_run.result_index) THEN log.prove(p_run.result_index) ELSE p_run.proof END);
$$;
