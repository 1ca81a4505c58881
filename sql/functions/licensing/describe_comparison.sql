-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a comparison of two terms documents with what it does to the consents that stand.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.describe_comparison(p_pool uuid, p_narrowing jsonb) RETURNS log.answer
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT log.answer('ok', p_narrowing || pg_catalog.jsonb_build_object('consents', licensing.count_terms_effect(p_pool, p_narrowing)));
$$;
