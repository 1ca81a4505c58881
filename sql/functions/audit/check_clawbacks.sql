-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: A7 for one run: each clawback takes back what its credit note credits of the run's slices, under the number that follows from both;
--          of each line what the rule gives, so never more than is left of it; and what was booked is what its lines say.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_clawbacks(p_unit text)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, delta bigint, direction text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH back AS MATERIALIZED (SELECT c.*, r.result_hash AS run_hash FROM payout.clawback AS c JOIN payout.run AS r ON r.id = c.run WHERE c.run = p_unit::uuid),
    line AS MATERIALIZED (SELECT l.* FROM back AS b JOIN payout.clawback_line AS l ON l.clawback = b.id),
    due AS MATERIALIZED (SELECT d.* FROM audit.clawed_lines(p_unit::uuid) AS d),
    credit AS (
        SELECT i.txn_id, pg_catalog.sum(k.minor) AS minor FROM payout.run_receipt AS u JOIN payout.credit_slice AS k ON k.receipt_slice_id = u.receipt_slice_id AND k.source = 'distributed'
        JOIN payout.invoice AS i ON i.id = k.credit_id WHERE u.run = p_unit::uuid GROUP BY i.txn_id),
    booked AS (
        SELECT b.id AS clawback, CASE WHEN p.owner_id <> '00000000-0000-0000-0000-000000000000' THEN p.owner_id::text ELSE a.path END AS id, pg_catalog.sum(p.minor) AS minor
        FROM back AS b JOIN payout.posting AS p ON p.txn_id = b.txn_id JOIN payout.account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id GROUP BY 1, 2),
    expected AS (
        SELECT l.clawback, l.id, l.minor::numeric FROM line AS l WHERE l.id !~ ':'
        UNION ALL SELECT b.id, 'Liabilities:Pool:' || b.pool || ':Clawback', -b.minor FROM back AS b WHERE b.state = 'posted')
    SELECT 'clawback_line', COALESCE(l.clawback, d.clawback) || '/' || COALESCE(l.id, d.id), 'minor', COALESCE(d.due, 0)::text, COALESCE(l.minor, 0)::text, (COALESCE(l.minor, 0) - COALESCE(d.due, 0))::bigint,
        'licensee', 'the clawback took another amount of this line than is due by what was left of it'
    FROM line AS l FULL JOIN due AS d ON d.clawback = l.clawback AND d.id = l.id WHERE COALESCE(l.minor, 0) <> COALESCE(d.due, 0)
    UNION ALL
    SELECT 'clawback', b.id::text, x.aspect, x.expected, x.found, (CASE WHEN x.aspect <> 'number' THEN x.found::numeric - x.expected::numeric END)::bigint, CASE WHEN x.aspect <> 'number' THEN 'licensee' END, x.about
    FROM back AS b LEFT JOIN credit AS c ON c.txn_id = b.credit_txn_id CROSS JOIN LATERAL (VALUES
        ('minor', COALESCE(c.minor, 0)::text, b.minor::text, 'the clawback takes back another sum than the credit note credits of this run'),
        ('number', 'clawback-' || pg_catalog.left(audit.digest(E'commonhold-clawback/1\n' || b.run_hash || E'\n' || b.credit_txn_id || E'\n'), 32), b.run_id, 'its number does not follow from the run and the credit note'),
        ('uncovered', (SELECT b.minor - b.from_fund - COALESCE(pg_catalog.max(d.covered), 0) FROM due AS d WHERE d.clawback = b.id)::text, b.uncovered::text, 'what no line covers is another sum')) AS x (aspect, expected, found, about)
    WHERE x.expected <> x.found
    UNION ALL
    SELECT 'txn', t.txn_id::text, 'clawback', 'a clawback', 'none', NULL, NULL, 'the journal took a distribution back and no clawback says why'
    FROM payout.run AS r JOIN payout.txn AS t ON t.claws_back = r.txn_id WHERE r.id = p_unit::uuid AND NOT EXISTS (SELECT FROM back AS b WHERE b.txn_id = t.txn_id)
    UNION ALL
    SELECT 'clawback_line', e.clawback || '/' || e.id, 'posting', e.minor::text, COALESCE(k.minor, 0)::text, (COALESCE(k.minor, 0) - e.minor)::bigint, 'licensee', 'the journal booked another amount than the line says'
    FROM expected AS e LEFT JOIN booked AS k ON k.clawback = e.clawback AND k.id = e.id WHERE EXISTS (SELECT FROM back AS b WHERE b.id = e.clawback AND b.state = 'posted') AND COALESCE(k.minor, 0) <> e.minor;
$$;
