-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: counts of a vote per class: the roll, and the last named vote of each member on it, or what the opened ballots say.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION governance.count_votes(p_id uuid, p_reading integer) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN governance.is_sealed(p_id, p_reading) THEN governance.count_opened(p_id, p_reading) ELSE (
        SELECT pg_catalog.jsonb_object_agg(o.code, pg_catalog.jsonb_build_object('roll', c.roll, 'yes', c.yes, 'no', c.no, 'abstain', c.abstain))
        FROM pg_catalog.unnest(ARRAY['U', 'W', 'C']) AS o (code)
        CROSS JOIN LATERAL (
            SELECT pg_catalog.count(*) AS roll, pg_catalog.count(*) FILTER (WHERE v.choice = 'yes') AS yes,
                   pg_catalog.count(*) FILTER (WHERE v.choice = 'no') AS no, pg_catalog.count(*) FILTER (WHERE v.choice = 'abstain') AS abstain
            FROM governance.roll AS r
            LEFT JOIN LATERAL (SELECT n.choice FROM governance.named_vote AS n
                               WHERE n.proposal_id = r.proposal_id AND n.reading = r.reading AND n.member_id = r.member_id
                               ORDER BY n.seq DESC LIMIT 1) AS v ON true
            WHERE r.proposal_id = p_id AND r.reading = p_reading AND r.class = o.code
        ) AS c) END;
$$;
