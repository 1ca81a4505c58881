-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the whole journal as hledger, ledger or beancount read it, line by line: declarations, transactions in the order of days, each posting with the running balance of
--          that order; for beancount at the end the ledger's balances as of the day behind the last.
-- Outcomes: lines in order.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.export_lines(p_format text, p_currency text, p_digits integer) RETURNS TABLE (line text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
    WITH day AS (SELECT pg_catalog.min(t.occurred_on) AS first, pg_catalog.max(t.occurred_on) + 1 AS next FROM payout.txn AS t),
    account AS MATERIALIZED (SELECT a.owner_id, a.account_id, audit.export_name(p_format, a.path) AS name FROM payout.account AS a),
    posting AS (
        SELECT t.occurred_on, t.txn_no, p.line, a.name, p.minor, pg_catalog.sum(p.minor) OVER (PARTITION BY p.owner_id, p.account_id ORDER BY t.occurred_on, t.txn_no, p.line) AS held
        FROM payout.txn AS t JOIN payout.posting AS p ON p.txn_id = t.txn_id LEFT JOIN account AS a ON a.owner_id = p.owner_id AND a.account_id = p.account_id),
    text AS (
        SELECT 1 AS part, NULL::date AS day, NULL::bigint AS no, h.place AS place, h.line
        FROM (VALUES ('hledger', 1, 'decimal-mark .'), ('hledger', 2, 'commodity ' || audit.export_amount(pg_catalog.power(10::numeric, p_digits + 3), p_digits) || ' ' || p_currency),
            ('ledger', 1, 'commodity ' || p_currency), ('ledger', 2, '    format ' || audit.export_amount(pg_catalog.power(10::numeric, p_digits + 3), p_digits) || ' ' || p_currency),
            ('beancount', 1, 'option "inferred_tolerance_default" "*:0"'), ('beancount', 2, 'option "inferred_tolerance_multiplier" "0"'),
            ('beancount', 3, 'option "operating_currency" "' || p_currency || '"')) AS h (format, place, line) WHERE h.format = p_format
        UNION ALL
        SELECT 2, NULL, NULL, 0, CASE p_format WHEN 'beancount' THEN d.first || ' open ' || a.name || ' ' || p_currency ELSE 'account ' || a.name END FROM account AS a CROSS JOIN day AS d
        UNION ALL
        SELECT 3, t.occurred_on, t.txn_no, -1, '' FROM payout.txn AS t
        UNION ALL
        SELECT 3, t.occurred_on, t.txn_no, 0, t.occurred_on || CASE p_format WHEN 'beancount' THEN ' * "' || t.kind || '"' ELSE ' ' || t.kind END FROM payout.txn AS t
        UNION ALL
        SELECT 3, p.occurred_on, p.txn_no, p.line, CASE p_format WHEN 'beancount' THEN '  ' ELSE '    ' END || COALESCE(p.name, 'Unknown') || '  ' || audit.export_amount(p.minor, p_digits) || ' ' || p_currency
            || CASE p_format WHEN 'beancount' THEN '' ELSE ' = ' || audit.export_amount(p.held, p_digits) || ' ' || p_currency END FROM posting AS p
        UNION ALL
        SELECT 4, NULL, NULL, 0, d.next || ' balance ' || b.name || '  ' || audit.export_amount(b.minor, p_digits) || ' ~ 0 ' || p_currency
        FROM audit.export_balances(p_format, NULL, NULL) AS b CROSS JOIN day AS d WHERE p_format = 'beancount')
    SELECT x.line FROM text AS x ORDER BY x.part, x.day, x.no, x.place, x.line COLLATE "C";
$$;
