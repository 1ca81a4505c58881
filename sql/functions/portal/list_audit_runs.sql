-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: audits that came to an end, the newest first, one page. Every member may know them.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION portal.list_audit_runs(p_after uuid, p_limit integer) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(x.item ORDER BY x.id DESC), '[]'),
        'next', CASE WHEN pg_catalog.count(*) = p_limit THEN (pg_catalog.array_agg(x.id ORDER BY x.id))[1] END))
    FROM (SELECT r.id, pg_catalog.jsonb_build_object('id', r.id, 'mode', r.mode, 'started_at', log.time_text(r.started), 'finished_at', log.time_text(r.finished),
              'checkpoint', CASE WHEN r.checkpoint_size IS NOT NULL THEN pg_catalog.jsonb_build_object('size', r.checkpoint_size, 'root', r.checkpoint_root) END,
              'exit_code', r.outcome, 'report_sha256', r.report_sha256) AS item
          FROM audit.run_overview AS r WHERE p_after IS NULL OR r.id < p_after ORDER BY r.id DESC LIMIT p_limit) AS x;
$$;
