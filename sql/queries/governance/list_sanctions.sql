-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Sanctions in force now; persons are not named in public.
-- shape: answer
SELECT 'ok' AS outcome, pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', s.id,
           'organisation_id', s.organisation_id, 'against', CASE WHEN s.organisation_id IS NULL THEN 'person' ELSE 'organisation' END,
           'purpose', s.purpose, 'pool', s.pool, 'from', log.time_text(s.from_at), 'until', log.time_text(s.until_at), 'reason', s.reason)
           ORDER BY s.id), '[]'), 'next', NULL) AS body
FROM governance.sanction_in_force AS s
WHERE s.from_at <= pg_catalog.clock_timestamp() AND (s.until_at IS NULL OR s.until_at > pg_catalog.clock_timestamp());
