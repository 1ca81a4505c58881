-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Grants ($1) with all states they were in, a row each, the latest last; times in microseconds since 1970. A grant without history has
-- always been what it is.
-- shape: rows 9
SELECT g.grant_id, g.pool_id, g.pool, g.organisation_id, (EXTRACT(EPOCH FROM g.from_at) * 1000000)::bigint,
    (EXTRACT(EPOCH FROM g.until_at) * 1000000)::bigint, g.epoch, (EXTRACT(EPOCH FROM e.at) * 1000000)::bigint, COALESCE(e.state, g.state)
FROM licensing.grant_overview AS g LEFT JOIN licensing.grant_state_overview AS e USING (grant_id)
WHERE g.grant_id = ANY ($1::uuid[])
ORDER BY g.grant_id, e.seq;
