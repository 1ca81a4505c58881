-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a notice that could not be sent: again after 10 s, 20 s, 40 s, ... 12 h; three days after it was written it is given up.
-- Outcomes: none.
-- Locks: the row.
CREATE OR REPLACE FUNCTION log.put_off_notice(p_id bigint, p_why text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE log.outbox SET last_error = p_why,
        next_at = pg_catalog.clock_timestamp() + LEAST(10 * pg_catalog.power(2, LEAST(attempts, 20) - 1), 43200) * interval '1 second',
        done_at = CASE WHEN created_at <= pg_catalog.clock_timestamp() - interval '3 days' THEN pg_catalog.clock_timestamp() END
    WHERE id = p_id AND topic = 'notice' AND done_at IS NULL;
$$;
