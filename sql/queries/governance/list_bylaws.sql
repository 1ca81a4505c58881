-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The clauses in force; with $1 one clause, all its versions.
-- shape: answer
SELECT 'ok' AS outcome, pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('clause', b.clause, 'version', b.version,
           'title', b.title, 'text', b.body_text, 'entrenched', b.entrenched, 'sha256', b.sha256, 'origin', COALESCE(b.proposal_id::text, 'charter'),
           'from', log.time_text(b.from_at), 'until', log.time_text(b.until_at)) ORDER BY b.clause, b.version), '[]'), 'next', NULL) AS body
FROM governance.bylaw_in_force AS b WHERE CASE WHEN $1::text IS NULL THEN b.until_at IS NULL ELSE b.clause = $1::text END;
