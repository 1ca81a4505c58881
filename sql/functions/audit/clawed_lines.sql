-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: for A7: what each posted clawback of a run was to take of each line (payout.md 7.6), from what those before it left: first from the
--          refund fund, up to its balance then; the rest by what is left of each line, largest remainder; what no line covers is nobody's.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.clawed_lines(p_run uuid) RETURNS TABLE (clawback uuid, id text, due numeric, covered numeric)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH rule AS (SELECT audit.rule_of(p_run) -> 'refund' AS refund),
    back AS MATERIALIZED (
        SELECT c.id, c.run_id, c.minor, t.txn_no, CASE WHEN r.refund ->> 'first_from' IS NULL THEN 0 ELSE LEAST(c.minor, COALESCE((
            SELECT -pg_catalog.sum(p.minor) FROM payout.account AS a JOIN payout.posting AS p ON p.owner_id = a.owner_id AND p.account_id = a.account_id JOIN payout.txn AS x ON x.txn_id = p.txn_id AND x.month = p.month
            WHERE a.owner_id = '00000000-0000-0000-0000-000000000000' AND a.path = r.refund ->> 'first_from' AND x.txn_no < t.txn_no), 0)) END AS from_fund
        FROM rule AS r CROSS JOIN payout.clawback AS c JOIN payout.txn AS t ON t.txn_id = c.txn_id WHERE c.run = p_run AND c.state = 'posted'),
    line AS MATERIALIZED (
        SELECT l.member_id::text AS id, l.minor::numeric FROM payout.run_line AS l WHERE l.run = p_run
        UNION ALL
        SELECT f ->> 'to', (f ->> 'amount')::numeric FROM payout.run AS r CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(r.head -> 'funds') AS f WHERE r.id = p_run AND r.outcome = 'ok'),
    weight AS (
        SELECT b.id AS clawback, b.run_id, b.minor - b.from_fund AS wanted, l.id, CASE WHEN l.id = 'Income:FeeRecovery' AND COALESCE(r.refund ->> 'fee_recovery', 'keep') = 'keep' THEN 0
            ELSE l.minor - COALESCE((SELECT pg_catalog.sum(e.minor) FROM back AS o JOIN payout.clawback_line AS e ON e.clawback = o.id WHERE o.txn_no < b.txn_no AND e.id = l.id), 0) END AS weight
        FROM rule AS r CROSS JOIN back AS b CROSS JOIN line AS l),
    shared AS (
        SELECT w.*, pg_catalog.sum(w.weight) OVER v AS weights, LEAST(w.wanted, pg_catalog.sum(w.weight) OVER v) AS covered FROM weight AS w WHERE w.weight > 0 WINDOW v AS (PARTITION BY w.clawback)),
    share AS (
        SELECT s.*, pg_catalog.div(s.covered * s.weight, s.weights) AS quotient, pg_catalog.row_number() OVER (PARTITION BY s.clawback ORDER BY pg_catalog.mod(s.covered * s.weight, s.weights) DESC,
            pg_catalog.sha256(pg_catalog.convert_to(s.run_id, 'UTF8') || '\x00'::bytea || pg_catalog.convert_to(s.id, 'UTF8'))) AS place
        FROM shared AS s)
    SELECT s.clawback, s.id, s.quotient + (s.place <= s.covered - pg_catalog.sum(s.quotient) OVER (PARTITION BY s.clawback))::integer, s.covered FROM share AS s;
$$;
