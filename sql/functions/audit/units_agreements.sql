-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of LIC-N4: every grant, by the month it was made in.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_agreements(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT g.id::text, audit.month_of(g.created_at)::text, CASE WHEN p_months IS NULL OR audit.month_of(g.created_at) = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws('|',
        pg_catalog.to_jsonb(g) - 'state' - 'epoch', a::text, o::text, e::text,
        (SELECT pg_catalog.string_agg(s::text, ',' ORDER BY s.party) FROM licensing.agreement_signature AS s WHERE s.agreement_id = g.agreement_id),
        (SELECT pg_catalog.string_agg(k::text, ',' ORDER BY k.kid) FROM licensing.organisation_key AS k WHERE k.organisation_id = g.organisation_id),
        (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', d.case_id, d.approved, d.decided_at), ';' ORDER BY d.case_id) FROM governance.council_decision AS d
         WHERE d.case_id = o.case_id),
        (SELECT pg_catalog.string_agg(k::text, ',' ORDER BY k.kid) FROM log.signing_key AS k WHERE k.use = 'agreement'))) END
    FROM licensing.data_grant AS g LEFT JOIN licensing.agreement AS a ON a.id = g.agreement_id LEFT JOIN licensing.offer AS o ON o.id = a.offer_id
    LEFT JOIN licensing.evaluation AS e ON e.id = g.evaluation_id;
$$;
