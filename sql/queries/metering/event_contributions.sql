-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Contributions ($1) that were accepted once, with the end of their use and the consent epoch of their pool.
-- shape: rows 4
SELECT c.contribution_id, c.pool_id, (EXTRACT(EPOCH FROM c.until_at) * 1000000)::bigint, e.epoch
FROM licensing.contribution_overview AS c JOIN licensing.consent_epoch_overview AS e USING (pool_id)
WHERE c.contribution_id = ANY ($1::uuid[]) AND c.rows IS NOT NULL AND c.state <> 'rejected';
