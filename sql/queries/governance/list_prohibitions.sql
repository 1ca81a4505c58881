-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Prohibited purposes in force now.
-- shape: answer
SELECT 'ok' AS outcome, pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', p.id, 'purpose', p.purpose,
           'from', log.time_text(p.from_at), 'until', log.time_text(p.until_at), 'old_grants_at', log.time_text(p.old_grants_at), 'origin', p.origin)
           ORDER BY p.purpose), '[]'), 'next', NULL) AS body
FROM governance.prohibition_in_force AS p
WHERE p.from_at <= pg_catalog.clock_timestamp() AND (p.until_at IS NULL OR p.until_at > pg_catalog.clock_timestamp());
