-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: invariant N2: keys whose row of consent_current is not the fold of consent_event, found a second way (a window over all
--          events instead of one write at a time).
-- Outcomes: none; no row when all is well.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.check_consents()
RETURNS TABLE (pool_id uuid, purpose text, recipient_class text, member_id uuid, folded uuid, kept uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH fold AS (
        SELECT e.pool_id, e.purpose, e.recipient_class, e.member_id, e.id, w.permits, e.type = 'explicit' AS explicit, e.notice, e.at, e.until,
            pg_catalog.row_number() OVER (PARTITION BY e.pool_id, e.purpose, e.recipient_class, e.member_id
                ORDER BY e.at DESC, w.permits, e.seq DESC) AS place
        FROM licensing.consent_event AS e JOIN licensing.consent_writer AS w ON w.state = e.state AND w.actor = e.actor AND w.decides)
    SELECT COALESCE(f.pool_id, c.pool_id), COALESCE(f.purpose, c.purpose), COALESCE(f.recipient_class, c.recipient_class),
        COALESCE(f.member_id, c.member_id), f.id, c.event_id
    FROM (SELECT * FROM fold WHERE place = 1) AS f
    FULL JOIN licensing.consent_current AS c ON c.pool_id = f.pool_id AND c.purpose = f.purpose AND c.recipient_class = f.recipient_class
        AND c.member_id = f.member_id
    WHERE (f.id, f.permits, f.explicit, f.notice, f.at, f.until) IS DISTINCT FROM (c.event_id, c.permits, c.explicit, c.notice, c.at, c.until);
$$;
