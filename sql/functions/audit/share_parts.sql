-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: shares the amounts of a split's parts over recipients, or over contributions and each of those over its contributors, into
--          audit.work_given.
-- Outcomes: member parts of the step.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.share_parts(p_no integer, p_step jsonb, p_run_id text, p_amounts numeric[]) RETURNS jsonb
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_parts jsonb;
BEGIN
    INSERT INTO audit.work_share (grp, path, id, total, weight)
    SELECT w.part::text, pg_catalog.convert_to(w.id, 'UTF8'), w.id, p_amounts[w.part + 1], w.weight FROM audit.work_weight AS w;
    PERFORM audit.apportion(p_run_id);
    SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('amount', p_amounts[p.ordinality])
        || CASE WHEN EXISTS (SELECT FROM audit.work_weight AS w WHERE w.part = p.ordinality - 1) THEN audit.cutoff_of((p.ordinality - 1)::text)
           ELSE '{"weight_total": "0"}' END ORDER BY p.ordinality) INTO v_parts
    FROM pg_catalog.jsonb_array_elements(p_step->'parts') WITH ORDINALITY AS p;
    INSERT INTO audit.work_given (step, id, minor)
    SELECT p_no, r.id, r.minor FROM audit.work_result AS r WHERE p_step->'parts'->(r.grp::integer)->>'then' IS NULL AND r.minor > 0;
    -- A sole contributor takes all of it; only the shared ones are apportioned once more.
    INSERT INTO audit.work_given (step, id, minor)
    SELECT p_no, e.recipient, r.minor FROM audit.work_result AS r JOIN (SELECT x.contribution, pg_catalog.min(x.recipient) AS recipient
        FROM audit.eligible_share(p_step) AS x GROUP BY x.contribution HAVING pg_catalog.count(*) = 1) AS e ON e.contribution = r.id
    WHERE p_step->'parts'->(r.grp::integer)->>'then' IS NOT NULL AND r.minor > 0;
    INSERT INTO audit.work_share (grp, path, id, total, weight)
    SELECT r.grp || ' ' || r.id, pg_catalog.convert_to(r.id, 'UTF8') || '\x00'::bytea || pg_catalog.convert_to(e.recipient, 'UTF8'), e.recipient, r.minor, e.share
    FROM audit.work_result AS r JOIN (SELECT x.*, pg_catalog.count(*) OVER (PARTITION BY x.contribution) AS sharers FROM audit.eligible_share(p_step) AS x) AS e
        ON e.contribution = r.id AND e.sharers > 1
    WHERE p_step->'parts'->(r.grp::integer)->>'then' IS NOT NULL AND r.minor > 0;
    PERFORM audit.apportion(p_run_id);
    INSERT INTO audit.work_given (step, id, minor)
    SELECT p_no, r.id, pg_catalog.sum(r.minor) FROM audit.work_result AS r WHERE r.minor > 0 GROUP BY r.id;
    RETURN v_parts;
END
$$;
