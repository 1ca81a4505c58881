-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what the worker needs to match an agreement under the terms that amend it: what was agreed, not what was once asked for.
-- Outcomes: ok, not_allowed_here.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.load_amendment(p_id uuid) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_row licensing.agreement;
    v_class text;
BEGIN
    SELECT a.* INTO v_row FROM licensing.agreement AS a JOIN licensing.amendment AS m ON m.agreement_id = a.id WHERE m.id = p_id;
    IF NOT FOUND OR EXISTS (SELECT FROM licensing.offer AS o WHERE o.replaces = v_row.id)
        OR (SELECT s.over OR s.last_event IS NOT DISTINCT FROM 'replaced' FROM licensing.agreement_state AS s WHERE s.agreement_id = v_row.id) THEN
        RETURN log.answer('not_allowed_here');
    END IF;
    v_class := COALESCE(licensing.class_of(v_row.organisation_id), '');
    RETURN (SELECT log.answer('ok', pg_catalog.jsonb_build_object('purpose', v_row.purpose, 'actions', v_row.body -> 'actions',
        'modes', v_row.body -> 'modes', 'region', v_row.body -> 'region', 'org_class', v_class, 'organisation', 'org:' || v_row.organisation_id,
        'columns', (SELECT pg_catalog.jsonb_agg(c.v -> 'name' ORDER BY c.n) FROM pg_catalog.jsonb_array_elements(v_row.body -> 'columns') WITH ORDINALITY AS c (v, n)
                    WHERE c.v ->> 'name' IN (SELECT k.v ->> 'name' FROM pg_catalog.jsonb_array_elements(t.doc -> 'columns') AS k (v))),
        'facts', licensing.policy_facts(p, v_row.organisation_id, v_row.purpose, v_class)))
        FROM licensing.pool AS p CROSS JOIN LATERAL licensing.terms_now(p.ref) AS t WHERE p.pool_id = v_row.pool_id);
END
$$;
