-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: log.notify_member for many notices: p_notices is an array of {"member", "subject", "kind", "body"}.
-- Outcomes: none.
-- Locks: the unique keys of log.outbox, in their order.
CREATE OR REPLACE FUNCTION log.notify_many(p_notices jsonb) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO log.outbox (topic, unique_key, payload)
    SELECT 'notice', 'notice:' || (n.v ->> 'member') || ':' || (n.v ->> 'subject') || ':' || (n.v ->> 'kind'), n.v
    FROM pg_catalog.jsonb_array_elements(p_notices) AS n (v) ORDER BY 2
    ON CONFLICT (unique_key) DO NOTHING;
$$;
