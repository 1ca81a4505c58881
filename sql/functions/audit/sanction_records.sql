-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: sanctions as they stood when they were confirmed, and when they were lifted, with the hash of what was published then. What their rows do not
--          hold is not asked for: whether a moment that fell on a second's edge had begun, and which office the proposer held at the time; of the
--          hashes that these leave possible it is the one in the log, else the first.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.sanction_records() RETURNS TABLE (sanction_id uuid, sha256 text, at timestamptz)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH lift AS (
        SELECT l.*, COALESCE(k.decided_at, CASE WHEN l.appeal_id IS NOT NULL THEN l.at END) AS ended_at, l.appeal_id IS NOT NULL OR COALESCE(k.approved, false) AS lifted
        FROM governance.sanction_lift AS l LEFT JOIN governance.council_case AS k ON k.id = l.case_id),
    event AS (
        SELECT s.id, c.decided_at AS at FROM governance.sanction AS s JOIN governance.council_case AS c ON c.id = s.case_id WHERE c.approved
        UNION ALL SELECT l.sanction_id, l.ended_at FROM lift AS l WHERE l.lifted),
    stood AS (
        SELECT s.*, e.at, GREATEST(s.from_at, c.decided_at) AS begun_at, s.until_at IS NOT NULL AND s.until_at <= c.decided_at AS late, l.lifted_at, COALESCE(l.list, '[]') AS lifts
        FROM event AS e JOIN governance.sanction AS s ON s.id = e.id JOIN governance.council_case AS c ON c.id = s.case_id CROSS JOIN LATERAL (
            SELECT pg_catalog.min(x.ended_at) FILTER (WHERE x.lifted AND x.ended_at <= e.at), pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', x.id, 'reason', x.reason, 'case_id',
                x.case_id, 'appeal_id', x.appeal_id, 'state', CASE WHEN x.ended_at <= e.at THEN CASE WHEN x.lifted THEN 'lifted' ELSE 'refused' END ELSE 'proposed' END) ORDER BY x.at, x.id)
            FROM lift AS x WHERE x.sanction_id = e.id AND x.at <= e.at) AS l (lifted_at, list)),
    possible AS (
        SELECT t.id, t.at, audit.digest(log.canonical(pg_catalog.jsonb_build_object('id', t.id, 'organisation_id', t.organisation_id,
            'against', CASE WHEN t.organisation_id IS NULL THEN 'person' ELSE 'organisation' END, 'purpose', t.purpose, 'pool', t.pool, 'reason', t.reason,
            'from', log.time_text(CASE WHEN t.late THEN t.from_at ELSE t.begun_at END), 'until', log.time_text(CASE WHEN t.late THEN t.until_at ELSE u.until_at END),
            'case_id', t.case_id, 'proposal_id', t.proposal_id, 'proposed_by', b.body, 'lifts', t.lifts,
            'state', CASE WHEN t.late THEN 'over' WHEN u.until_at <= n.now AND u.until_at IS DISTINCT FROM t.until_at THEN 'lifted' WHEN u.until_at <= n.now THEN 'over'
                WHEN t.begun_at > n.now THEN 'confirmed' ELSE 'in_force' END))) AS hash
        FROM stood AS t CROSS JOIN LATERAL (SELECT LEAST(t.until_at, t.lifted_at) AS until_at) AS u
        CROSS JOIN LATERAL (VALUES (t.at), (t.at + interval '5 seconds')) AS n (now)
        CROSS JOIN LATERAL (SELECT 'board' WHERE t.proposal_id IS NOT NULL
            UNION SELECT o.body FROM governance.office AS o WHERE t.proposal_id IS NULL AND o.member_id = t.proposed_by AND o.body IN ('council', 'board')
            UNION SELECT CASE WHEN t.proposed_by IS NOT NULL THEN 'licensing_officer' END WHERE t.proposal_id IS NULL) AS b (body))
    SELECT p.id, COALESCE((SELECT pg_catalog.min(f.sha256) FROM audit.leaf_of('sanction', p.id::text) AS f WHERE f.sha256 = ANY (pg_catalog.array_agg(p.hash))), pg_catalog.min(p.hash)), p.at
    FROM possible AS p GROUP BY p.id, p.at;
$$;
