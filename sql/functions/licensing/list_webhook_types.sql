-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the types of events an endpoint can subscribe to.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.list_webhook_types() RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', pg_catalog.jsonb_build_object('next', NULL,
        'items', pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('type', t.type, 'about', t.about) ORDER BY t.type)))
    FROM licensing.webhook_type AS t;
$$;
