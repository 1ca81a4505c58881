-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what a result says of one apportionment: weight_total, extra, and the remainder and tie of the last entry that got a unit.
-- Outcomes: {weight_total, extra, cutoff}.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.cutoff_of(p_grp text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE((SELECT pg_catalog.jsonb_build_object('weight_total', pg_catalog.min(r.weight_total)::text, 'extra', pg_catalog.min(r.extra), 'cutoff',
            (SELECT pg_catalog.jsonb_build_object('remainder', l.remainder::text, 'tie', pg_catalog.encode(l.tie, 'hex'))
             FROM audit.work_result AS l WHERE l.grp = p_grp AND l.last))
        FROM audit.work_result AS r WHERE r.grp = p_grp HAVING pg_catalog.count(*) > 0),
        '{"weight_total": "0", "extra": 0, "cutoff": null}');
$$;
