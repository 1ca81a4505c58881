-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why the offer on an application would not be made now, as far as stored facts say it without a new match: a sanction, a
--          prohibition, no terms in force, another class of the organisation, or a newer match that denies.
-- Outcomes: none; NULL when nothing speaks against it.
-- Locks: none.
CREATE OR REPLACE FUNCTION licensing.offer_fault(p_id uuid) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT CASE
        WHEN licensing.sanction_on(a.organisation_id, a.pool_id, a.purpose) IS NOT NULL THEN 'sanction'
        WHEN licensing.prohibition_on(a.purpose) IS NOT NULL THEN 'prohibition'
        WHEN (SELECT t.sha256 FROM licensing.terms_now(p.ref) AS t) IS NULL THEN 'no terms in force'
        WHEN licensing.class_of(a.organisation_id) IS DISTINCT FROM e.input #>> '{request,org_class}' THEN 'class of the organisation'
        WHEN e.decision = 'deny' THEN 'the newest match denies' END
    FROM licensing.application AS a JOIN licensing.pool AS p USING (pool_id)
    LEFT JOIN LATERAL (SELECT * FROM licensing.evaluation AS x WHERE x.subject = a.id ORDER BY x.at DESC, x.id DESC LIMIT 1) AS e ON true
    WHERE a.id = p_id);
END
$$;
