-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what T2 says of erased consents, which cannot be told one by one: there must be as many leaves without an event as events without a salt.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_forgotten()
RETURNS TABLE (unit text, object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH leaf AS (
        SELECT e.object_id FROM log.entry AS e WHERE e.type = 'consent'
        UNION SELECT o.payload ->> 'id' FROM log.outbox AS o WHERE o.topic = 'leaf' AND o.done_at IS NULL AND o.payload ->> 'type' = 'consent')
    SELECT 'erased', 'consent', 'erased', 'leaves', e.events::text, n.leaves::text, 'leaves of consents that no event resolves, and events whose salt was erased, are not as many'
    FROM (SELECT pg_catalog.count(*) AS leaves FROM leaf AS l WHERE l.object_id NOT IN (SELECT c.commitment FROM licensing.consent_commitments() AS c WHERE c.commitment IS NOT NULL)) AS n
    CROSS JOIN (SELECT pg_catalog.count(*) AS events FROM licensing.consent_event AS c WHERE NOT EXISTS (SELECT FROM licensing.consent_salt AS s WHERE s.event_id = c.id)) AS e
    WHERE n.leaves <> e.events;
$$;
