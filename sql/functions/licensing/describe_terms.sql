-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for governance, which shows it with a proposal before anybody votes: how a terms document compares with the terms in force
--          (the review that was stored when its draft was saved; once it is in force itself, with those before it), and how many
--          consents it keeps and asks again.
-- Outcomes: none; NULL where nothing is known of the document.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.describe_terms(p_doc jsonb) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT r.narrowing || pg_catalog.jsonb_build_object('compared_with', NULLIF(r.compared_with, ''), 'errors', r.errors, 'pool', p.ref,
            'terms_id', t.id, 'consents', licensing.count_terms_effect(t.pool_id, r.narrowing))
    FROM licensing.terms AS t JOIN licensing.pool AS p USING (pool_id) JOIN licensing.terms_review AS r ON r.sha256 = t.sha256
    WHERE t.sha256 = pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(log.canonical(p_doc), 'UTF8')), 'hex')
    ORDER BY r.compared_with = COALESCE((SELECT n.sha256 FROM licensing.terms_now(p.ref) AS n), '') DESC, r.at DESC, t.submitted_at NULLS LAST LIMIT 1;
$$;
