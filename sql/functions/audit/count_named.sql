-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the named votes of a reading counted again: per class the roll, and what the last vote of each member on it said.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.count_named(p_proposal uuid, p_reading integer) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_object_agg(k.class, n.counts)
    FROM (VALUES ('U'), ('W'), ('C')) AS k (class) CROSS JOIN LATERAL (
        SELECT pg_catalog.jsonb_build_object('roll', pg_catalog.count(*), 'yes', pg_catalog.count(*) FILTER (WHERE v.choice = 'yes'),
            'no', pg_catalog.count(*) FILTER (WHERE v.choice = 'no'), 'abstain', pg_catalog.count(*) FILTER (WHERE v.choice = 'abstain')) AS counts
        FROM governance.roll AS l LEFT JOIN (SELECT DISTINCT ON (x.member_id) x.member_id, x.choice FROM governance.named_vote AS x
            WHERE x.proposal_id = p_proposal AND x.reading = p_reading ORDER BY x.member_id, x.seq DESC) AS v ON v.member_id = l.member_id
        WHERE l.proposal_id = p_proposal AND l.reading = p_reading AND l.class = k.class) AS n;
$$;
