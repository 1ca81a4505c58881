-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: between which instants the inputs of a run were collected: not before it was opened, nor more than five minutes before they were
--          frozen, which the log knows to the second; where it was told nothing, until now.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.collected(p_run uuid, OUT low timestamptz, OUT high timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT GREATEST(r.opened_at, x.at - interval '5 minutes'), x.at
    FROM payout.run AS r CROSS JOIN LATERAL (
        SELECT COALESCE(pg_catalog.min(f.at) + interval '1 second', pg_catalog.now()) AS at
        FROM (SELECT e.at FROM log.entry AS e WHERE e.type = 'run_inputs' AND e.object_id = p_run::text
              UNION ALL
              SELECT (o.payload ->> 'at')::timestamptz FROM log.outbox AS o
              WHERE o.topic = 'leaf' AND o.done_at IS NULL AND o.payload ->> 'type' = 'run_inputs' AND o.payload ->> 'id' = p_run::text) AS f) AS x
    WHERE r.id = p_run;
$$;
