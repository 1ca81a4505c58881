-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the hash of a policy in force, which its leaf bears: of the canonical {id, proposal_id, spend, text, title, until}.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.hash_policy(p_policy governance.policy) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT governance.hash_text(log.canonical(pg_catalog.jsonb_build_object('id', p_policy.id, 'proposal_id', p_policy.proposal_id, 'title', p_policy.title,
        'text', p_policy.body_text, 'spend', p_policy.spend, 'until', log.time_text(p_policy.until_at))));
$$;
