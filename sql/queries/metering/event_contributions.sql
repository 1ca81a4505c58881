-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Contributions ($1), each under a grant ($2), that were accepted once: their pool, the end of their use, the consent epoch of the pool; and what
-- their member decided of the grant's purpose and class of recipient, a row each, in the order in which one gives way to the next: from when, until
-- when, and whether it covers the grant. A contribution that nothing was decided of has one row without.
-- shape: rows 8
SELECT c.contribution_id, w.grant_id, c.pool_id, (EXTRACT(EPOCH FROM c.until_at) * 1000000)::bigint, e.epoch, (EXTRACT(EPOCH FROM d.at) * 1000000)::bigint,
    (EXTRACT(EPOCH FROM d.until_at) * 1000000)::bigint, d.covers
FROM unnest($1::uuid[], $2::uuid[]) AS w (contribution_id, grant_id)
JOIN licensing.contribution_overview AS c USING (contribution_id) JOIN licensing.consent_epoch_overview AS e USING (pool_id)
LEFT JOIN licensing.grant_overview AS g ON g.grant_id = w.grant_id
LEFT JOIN LATERAL (
    SELECT k.at, k.until_at, k.permits, k.seq, k.permits AND k.notice >= g.notice_floor AND (k.explicit OR NOT g.explicit_only) AS covers
    FROM licensing.consent_decision AS k
    WHERE k.member_id = c.member_id AND k.pool_id = c.pool_id AND k.purpose = g.purpose AND k.recipient_class = g.org_class) AS d ON true
WHERE c.rows IS NOT NULL AND c.state <> 'rejected'
ORDER BY c.contribution_id, w.grant_id, d.at, d.permits DESC, d.seq;
