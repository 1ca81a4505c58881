-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what core/policy.c decides on for a draft that nobody has stored (p_body: its purpose, actions, modes, region, and perhaps pool, columns and
--          restriction): for each pool that is licensed and has terms in force, or for the one that is named, the facts an application is matched on
--          (licensing.policy_facts), the covered rows, and why the council would be asked whatever the terms say. No columns: all that the terms name.
-- Outcomes: ok, forbidden, not_found, not_allowed_here (no class has been verified).
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_matches(p_actor uuid, p_body jsonb) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_organisation uuid := licensing.organisation_of(p_actor);
    v_class text := licensing.class_of(v_organisation);
    v_pool licensing.pool := licensing.find_pool(p_body ->> 'pool');
    v_columns jsonb := CASE WHEN pg_catalog.jsonb_array_length(p_body -> 'columns') > 0 THEN p_body -> 'columns' END;
BEGIN
    IF v_organisation IS NULL THEN
        RETURN log.refusal('forbidden', 'only people of a licensee may do this');
    ELSIF p_body ? 'pool' AND v_pool.pool_id IS NULL THEN
        RETURN log.refusal('not_found', 'there is no such pool');
    ELSIF v_class IS NULL THEN
        RETURN log.refusal('not_allowed_here', 'the class of your organisation has not been verified yet');
    END IF;
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('case_seconds', EXTRACT(EPOCH FROM governance.duration('council_case_seconds'))::bigint,
        'items', COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', p.ref, 'title', v.charter -> 'title', 'purpose', p_body -> 'purpose',
            'actions', p_body -> 'actions', 'modes', p_body -> 'modes', 'region', p_body -> 'region', 'org_class', v_class,
            'organisation', 'org:' || v_organisation,
            'columns', COALESCE(v_columns, (SELECT pg_catalog.jsonb_agg(c.v -> 'name') FROM pg_catalog.jsonb_array_elements(t.doc -> 'columns') AS c (v))),
            'facts', licensing.policy_facts(p, v_organisation, p_body ->> 'purpose', v_class),
            'rows', licensing.covered_rows(p.pool_id, p_body ->> 'purpose', v_class, t.doc),
            'referral', licensing.referral_causes(p.pool_id, p_body ->> 'purpose', p_body ->> 'restriction')) ORDER BY p.ref), '[]')))
        FROM licensing.pool AS p CROSS JOIN LATERAL licensing.terms_now(p.ref) AS t
        LEFT JOIN LATERAL (SELECT x.charter FROM licensing.pool_version AS x WHERE x.pool_id = p.pool_id ORDER BY x.version DESC LIMIT 1) AS v ON true
        WHERE t.sha256 IS NOT NULL AND p.state IN ('open', 'paused') AND licensing.is_licensed(p.pool_id)
            AND (v_pool.pool_id IS NULL OR p.pool_id = v_pool.pool_id));
END
$$;
