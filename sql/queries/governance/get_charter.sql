-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The charter as it was founded, its hash, and whether its bootstrap clause still runs.
-- shape: answer
SELECT CASE WHEN c.sha256 IS NULL THEN 'not_found' ELSE 'ok' END AS outcome,
       CASE WHEN c.sha256 IS NULL THEN '{"detail": "this trust has not been founded yet"}'::jsonb
            ELSE pg_catalog.jsonb_build_object('charter', c.doc, 'sha256', c.sha256, 'founded_at', log.time_text(c.founded_at),
                     'bootstrap', governance.is_bootstrap()) END AS body
FROM (SELECT 1) AS one LEFT JOIN governance.charter_in_force AS c ON true;
