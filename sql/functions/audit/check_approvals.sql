-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: O4 for one batch: approved by two people who are not its maker and whom it does not pay over the charter's limit, in offices they held, not all
--          in one office with the maker's, before the release, which names them. What they signed is judged in C.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_approvals(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH batch AS (
        SELECT b.id, b.made_by, LEAST(t.recorded_at, e.at) AS released_at, CASE WHEN t.txn_id IS NOT NULL THEN COALESCE(t.approvals, '[]') END AS named,
            b.state NOT IN ('draft', 'frozen') AND EXISTS (SELECT FROM payout.batch_event AS x WHERE x.batch_id = b.id AND x.state IN ('approved', 'releasing')) AS approved,
            COALESCE((SELECT (c.doc->'hold'->'approver_limit'->>'minor')::bigint FROM governance.charter_in_force AS c), 10000) AS most
        FROM payout.batch AS b LEFT JOIN payout.txn AS t ON t.txn_id = b.txn_id LEFT JOIN payout.batch_event AS e ON e.batch_id = b.id AND e.state = 'releasing'
        WHERE b.id = p_unit::uuid),
    approval AS MATERIALIZED (SELECT v.* FROM payout.approval AS v WHERE v.batch_id = p_unit::uuid),
    named AS (SELECT n.id FROM batch AS b CROSS JOIN LATERAL pg_catalog.jsonb_array_elements_text(b.named) AS n (id)),
    counted AS (SELECT pg_catalog.count(*) AS n, pg_catalog.bool_and(v.body = 'treasurer') AS one_office FROM approval AS v)
    SELECT 'batch', p_unit, x.aspect, x.expected, x.found, NULL::bigint, NULL, x.about
    FROM batch AS b CROSS JOIN counted AS c CROSS JOIN LATERAL (VALUES
        ('approvers', 2 <= c.n + (SELECT pg_catalog.count(*) FROM named AS n WHERE n.id NOT IN (SELECT v.id::text FROM approval AS v)), 'two', c.n::text, 'the batch went on without two approvals'),
        ('offices', NOT COALESCE(c.one_office, false) OR c.n < 2, 'two at least', 'the treasurer''s alone', 'maker and approvers hold one office'))
        AS x (aspect, good, expected, found, about)
    WHERE b.approved AND NOT x.good
    UNION ALL
    SELECT 'approval', COALESCE(v.id::text, n.id), 'named by the release', CASE WHEN n.id IS NULL THEN 'no' ELSE 'yes' END, CASE WHEN n.id IS NULL THEN 'an approval' ELSE 'no approval' END,
        NULL, NULL, 'the release names other approvals than are stored: one was added, changed or deleted later'
    FROM approval AS v FULL JOIN named AS n ON n.id = v.id::text WHERE (n.id IS NULL OR v.id IS NULL) AND (SELECT b.named FROM batch AS b) IS NOT NULL
    UNION ALL
    SELECT 'approval', v.id::text, x.aspect, x.expected, x.found, NULL, NULL, x.about
    FROM batch AS b CROSS JOIN approval AS v CROSS JOIN LATERAL (VALUES
        ('approver', v.member_id <> b.made_by, 'another than the maker', v.member_id::text, 'the maker approved the own batch'),
        ('payee', b.most >= (SELECT COALESCE(pg_catalog.sum(p.minor), 0) FROM payout.payment AS p WHERE p.batch_id = b.id AND p.member_id = v.member_id), b.most || ' at most',
            (SELECT pg_catalog.sum(p.minor) FROM payout.payment AS p WHERE p.batch_id = b.id AND p.member_id = v.member_id)::text, 'the batch pays its approver over the voted amount'),
        ('office', EXISTS (SELECT FROM governance.office_in_force AS o WHERE o.office_id = v.office_id AND o.member_id = v.member_id AND o.body = v.body AND o.from_at <= v.at
            AND (o.until_at IS NULL OR o.until_at > v.at)), 'one in force', v.body, 'the approver did not hold this office then'),
        ('time', v.at < b.released_at, 'before the release', log.time_text(v.at), 'the batch was approved after it had been released'))
        AS x (aspect, good, expected, found, about)
    WHERE NOT x.good;
$$;
