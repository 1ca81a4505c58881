-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: units of G1: the months from the founding on, each with what was done in it, and the seats themselves. A digest holds the acts and all terms of office.
-- Outcomes: none; digest NULL where the month is not among p_months (NULL: all are).
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.units_acts(p_months date[]) RETURNS TABLE (unit text, month text, digest text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH seats AS MATERIALIZED (
        SELECT pg_catalog.min(o.from_at) AS first, audit.digest(pg_catalog.string_agg(pg_catalog.concat_ws(',', o.office_id, o.body, o.seat, o.member_id, o.from_at, o.until_at), ';' ORDER BY o.office_id))
            AS digest FROM governance.office_in_force AS o)
    SELECT 'seats', 'none', s.digest FROM seats AS s WHERE s.first IS NOT NULL
    UNION ALL
    SELECT m.month::date::text, m.month::date::text, CASE WHEN p_months IS NULL OR m.month::date = ANY (p_months) THEN audit.digest(pg_catalog.concat_ws('|', s.digest,
        (SELECT pg_catalog.string_agg(audit.digest(a::text), ',' ORDER BY a.object_type, a.object_id, a.act, a.actor, a.at) FROM audit.acts_in(m.month::date) AS a),
        (SELECT pg_catalog.string_agg(v.case_id || ' ' || v.member_id, ',' ORDER BY v.case_id, v.member_id) FROM governance.council_vote AS v WHERE v.conflict IS NOT NULL AND v.choice IS NOT NULL))) END
    FROM seats AS s CROSS JOIN LATERAL pg_catalog.generate_series(audit.month_of(s.first)::timestamp, audit.month_of(pg_catalog.now())::timestamp, '1 month'::interval) AS m (month);
$$;
