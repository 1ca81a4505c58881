-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The asset register with its history, and which event triggers are missing that keep schema governance from being changed.
-- shape: answer
SELECT 'ok' AS outcome, pg_catalog.jsonb_build_object('items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', a.id, 'ref', a.ref, 'kind', a.kind,
           'title', a.title, 'provenance', a.provenance, 'sha256', a.sha256, 'disposition', a.disposition, 'registered_at', log.time_text(a.registered_at),
           'history', a.history, 'successor', a.successor) ORDER BY a.ref), '[]'), 'next', NULL, 'missing_guards', pg_catalog.to_jsonb(migrate.missing_guards())) AS body
FROM governance.asset_register AS a;
