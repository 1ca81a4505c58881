-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The rule rows in force; with $1 one type, all its versions.
-- shape: answer
SELECT 'ok' AS outcome, pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('type', r.type, 'version', r.version,
           'rule', r.rule, 'sha256', r.sha256, 'origin', COALESCE(r.proposal_id::text, 'charter'), 'from', log.time_text(r.from_at),
           'until', log.time_text(r.until_at)) ORDER BY r.type, r.version), '[]'), 'next', NULL) AS body
FROM governance.rule_in_force AS r WHERE CASE WHEN $1::text IS NULL THEN r.until_at IS NULL ELSE r.type = $1::text END;
