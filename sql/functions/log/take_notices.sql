-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: leases notices that are due to be sent, oldest first: nobody else is given them for p_hold seconds.
-- Outcomes: none; the rows.
-- Locks: the rows; those that somebody else holds are passed over.
CREATE OR REPLACE FUNCTION log.take_notices(p_limit integer, p_hold integer) RETURNS SETOF log.outbox
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE log.outbox AS o SET attempts = o.attempts + 1, next_at = pg_catalog.clock_timestamp() + p_hold * interval '1 second'
    FROM (SELECT w.id FROM log.outbox AS w
          WHERE w.topic = 'notice' AND w.done_at IS NULL AND w.next_at <= pg_catalog.clock_timestamp()
          ORDER BY w.next_at, w.id LIMIT p_limit FOR UPDATE SKIP LOCKED) AS due
    WHERE o.id = due.id
    RETURNING o.*;
$$;
