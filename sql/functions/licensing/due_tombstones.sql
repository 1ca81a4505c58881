-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: contributions whose coverage under a grant ended since the grant's list was last completed: withdrawn, erased, or no longer
--          allowed by consent for its purpose and class. Which of their rows were delivered, batches say: those of consent epochs
--          above after_epoch (named before, in an earlier withdrawal) up to epoch. All batches that rest on what stood before an
--          epoch are committed when that epoch is, because of the pool's lock.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.due_tombstones(p_grant uuid)
RETURNS TABLE (contribution_no bigint, contribution_id uuid, kind text, effective_at timestamptz, after_epoch bigint, epoch bigint)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
    WITH g AS (
        SELECT x.*, COALESCE(s.epoch, -1) AS scanned, e.epoch AS pool_epoch
        FROM licensing.data_grant AS x JOIN licensing.consent_epoch AS e USING (pool_id)
        LEFT JOIN licensing.tombstone_scan AS s ON s.grant_id = x.id
        WHERE x.id = p_grant),
    lost AS (
        SELECT c.id, k.at AS lost_at, COALESCE(k.until, k.at) AS lost_from FROM g
        JOIN licensing.consent_current AS k ON k.pool_id = g.pool_id AND k.purpose = g.purpose AND k.recipient_class = g.org_class
            AND k.epoch > g.scanned
        JOIN licensing.contribution AS c ON c.pool_id = k.pool_id AND c.member_id = k.member_id AND c.rows IS NOT NULL
        WHERE NOT (k.permits AND k.notice >= g.notice_floor AND (k.explicit OR NOT g.explicit_only))
        UNION ALL
        SELECT c.id, c.ended_at, COALESCE(c.erased_at, c.ended_at) FROM g
        JOIN licensing.contribution AS c ON c.pool_id = g.pool_id AND c.ended_epoch > g.scanned AND c.rows IS NOT NULL
        WHERE c.state IN ('withdrawn', 'erased'))
    SELECT c.no, c.id, w.kind, CASE WHEN c.state = 'erased' THEN c.erased_at ELSE pg_catalog.min(LEAST(l.lost_at, l.lost_from)) END,
        COALESCE((SELECT pg_catalog.max(m.epoch) FROM licensing.tombstone_mark AS m
                  WHERE m.grant_id = g.id AND m.contribution_id = c.id AND (w.kind = 'withdrawn' OR m.kind = 'erased')), -1),
        g.pool_epoch
    FROM lost AS l JOIN licensing.contribution AS c ON c.id = l.id CROSS JOIN g,
        LATERAL (SELECT CASE WHEN c.state = 'erased' THEN 'erased' ELSE 'withdrawn' END AS kind) AS w
    GROUP BY c.no, c.id, c.state, c.erased_at, w.kind, g.id, g.pool_epoch;
$$;
