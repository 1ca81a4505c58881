-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: R3 for the receipts booked in one month: the sum of their parts, the entry and the booking they name, when the money came; each part is of a slice of an invoice
--          that was issued and not written off, is never more than what was open of it then, and is its share of the receipt by largest remainder. Where two
--          shares were cut off alike, either may have the unit. A receipt taken back names a later transaction.
-- Outcomes: none; a row is a finding.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.check_receipts(p_month date)
RETURNS TABLE (object_type text, object_id text, aspect text, expected text, found text, about text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off
AS $$
    WITH receipt AS MATERIALIZED (
        SELECT r.*, t.txn_no, t.recorded_at, f.txn_id AS first_match, o.recorded_at AS first_at, m.step, u.undone_txn_id, v.txn_no AS undone_no, v.kind AS undone_as
        FROM payout.txn AS t JOIN payout.receipt AS r ON r.txn_id = t.txn_id LEFT JOIN payout.entry_match AS m ON m.txn_id = r.txn_id AND m.entry_id = r.entry_id AND m.kind = 'receipt'
        LEFT JOIN payout.entry_match AS f ON f.entry_id = r.entry_id AND f.step = 1 LEFT JOIN payout.txn AS o ON o.txn_id = r.first_txn_id
        LEFT JOIN payout.receipt_undone AS u ON u.txn_id = r.txn_id LEFT JOIN payout.txn AS v ON v.txn_id = u.undone_txn_id
        WHERE t.month = p_month),
    given AS MATERIALIZED (SELECT r.txn_id, r.txn_no, s.invoice_id, pg_catalog.sum(s.minor) AS minor FROM receipt AS r JOIN payout.receipt_slice AS s ON s.txn_id = r.txn_id GROUP BY 1, 2, 3),
    moved AS MATERIALIZED (SELECT m.* FROM audit.moves_of_invoices(p_month) AS m),
    open AS (
        SELECT g.txn_id, g.invoice_id, m.line, m.pool_id, m.service_month, pg_catalog.min(m.pool) AS pool, pg_catalog.sum(m.minor) AS open
        FROM given AS g JOIN moved AS m ON m.invoice_id = g.invoice_id AND m.txn_no < g.txn_no GROUP BY 1, 2, 3, 4, 5),
    side AS (
        SELECT o.*, 0::numeric AS minor, NULL::text AS told FROM open AS o WHERE o.open > 0
        UNION ALL
        SELECT s.txn_id, s.invoice_id, s.line, s.pool_id, s.service_month, NULL, 0, s.minor, s.pool FROM receipt AS r JOIN payout.receipt_slice AS s ON s.txn_id = r.txn_id),
    part AS MATERIALIZED (
        SELECT s.txn_id, s.invoice_id, s.line, s.pool_id, s.service_month, COALESCE(pg_catalog.min(s.pool), pg_catalog.min(s.told)) AS pool, pg_catalog.min(s.told) AS told, g.minor AS whole,
            pg_catalog.sum(s.open) AS open, pg_catalog.sum(s.minor) AS minor
        FROM side AS s JOIN given AS g ON g.txn_id = s.txn_id AND g.invoice_id = s.invoice_id GROUP BY s.txn_id, s.invoice_id, s.line, s.pool_id, s.service_month, g.minor),
    share AS (
        SELECT p.*, pg_catalog.div(p.whole * p.open, p.sum) AS quotient, pg_catalog.mod(p.whole * p.open, p.sum) AS cut
        FROM (SELECT q.*, pg_catalog.sum(q.open) OVER (PARTITION BY q.txn_id, q.invoice_id) AS sum FROM part AS q) AS p WHERE p.sum >= p.whole),
    ranked AS (
        SELECT s.*, pg_catalog.row_number() OVER w AS turn, s.whole - pg_catalog.sum(s.quotient) OVER (PARTITION BY s.txn_id, s.invoice_id) AS missing
        FROM share AS s WINDOW w AS (PARTITION BY s.txn_id, s.invoice_id ORDER BY s.cut DESC, s.line, s.pool_id, s.service_month)),
    fair AS (
        SELECT r.*, r.quotient + (r.turn <= r.missing)::integer AS due, COALESCE(pg_catalog.max(r.cut) FILTER (WHERE r.turn > r.missing) OVER w, -1) AS first_without,
            COALESCE(pg_catalog.min(r.cut) FILTER (WHERE r.turn <= r.missing) OVER w, -2) AS last_with
        FROM ranked AS r WINDOW w AS (PARTITION BY r.txn_id, r.invoice_id))
    SELECT 'receipt', r.txn_id::text, x.aspect, x.expected, COALESCE(x.found, 'none'), x.about
    FROM (SELECT x.*, g.paid FROM receipt AS x LEFT JOIN (SELECT y.txn_id, pg_catalog.sum(y.minor) AS paid FROM given AS y GROUP BY y.txn_id) AS g ON g.txn_id = x.txn_id) AS r CROSS JOIN LATERAL (VALUES
        ('gross', COALESCE(r.paid, 0)::text, r.gross::text, 'the receipt is not the sum of what it paid'),
        ('match', 'an entry', CASE WHEN r.step IS NULL THEN 'none' ELSE 'an entry' END, 'no bank entry is matched to this receipt by this transaction'),
        ('first', r.first_match::text, r.first_txn_id::text, 'the receipt says another first booking of its entry'),
        ('received_at', CASE WHEN r.first_txn_id = r.txn_id THEN r.recorded_at ELSE r.first_at END::text, CASE WHEN r.first_txn_id = r.txn_id AND r.received_at <= r.recorded_at
            AND r.received_at > r.recorded_at - '00:10'::interval THEN r.recorded_at ELSE r.received_at END::text, 'the receipt says another time than its entry was first booked: another rule may distribute it'),
        ('undone', COALESCE(r.undone_as, 'none'), CASE WHEN r.undone_txn_id IS NULL THEN COALESCE(r.undone_as, 'none') WHEN r.undone_no > r.txn_no THEN 'match_reversed' ELSE 'before it' END,
            'the receipt was taken back by a transaction that is none, or another')) AS x (aspect, expected, found, about)
    WHERE x.expected IS DISTINCT FROM x.found
    UNION ALL
    SELECT 'receipt', p.txn_id::text, 'invoice ' || p.invoice_id || x.name, x.expected, x.found, x.about
    FROM (SELECT q.*, 'line ' || q.line || COALESCE(' pool ' || q.pool || ' month ' || pg_catalog.to_char(q.service_month, 'YYYY-MM'), '') AS slice FROM part AS q) AS p CROSS JOIN LATERAL (VALUES
        (' open of ' || p.slice, 'at most ' || p.open, CASE WHEN p.minor > p.open THEN p.minor::text ELSE 'at most ' || p.open END, 'the receipt pays more of the invoice than was open: the rest belongs in suspense'),
        (' pool of ' || p.slice, p.pool, COALESCE(p.told, p.pool), 'the part paid is booked on another pool than was invoiced')) AS x (name, expected, found, about)
    WHERE x.expected <> x.found
    UNION ALL
    SELECT 'receipt', f.txn_id::text, 'invoice ' || f.invoice_id || ' share of line ' || f.line || COALESCE(' pool ' || f.pool || ' month ' || pg_catalog.to_char(f.service_month, 'YYYY-MM'), ''), f.due::text, f.minor::text,
        'a receipt that does not pay all is spread over what is open by largest remainder'
    FROM fair AS f WHERE f.minor <> f.due AND f.minor <= f.open AND NOT (f.first_without = f.last_with AND f.cut = f.last_with AND f.minor IN (f.quotient, f.quotient + 1))
    UNION ALL
    SELECT 'receipt', r.txn_id::text, 'invoice ' || g.invoice_id || ' state', 'issued and not written off', CASE WHEN t.txn_no IS NULL OR t.txn_no > r.txn_no THEN 'not issued' ELSE 'written off' END,
        'the receipt pays an invoice that was not there, or was given up'
    FROM receipt AS r JOIN given AS g ON g.txn_id = r.txn_id LEFT JOIN payout.invoice AS i ON i.id = g.invoice_id AND i.kind = 'INV' LEFT JOIN payout.txn AS t ON t.txn_id = i.txn_id
    LEFT JOIN payout.write_off AS w ON w.invoice_id = g.invoice_id LEFT JOIN payout.txn AS o ON o.txn_id = w.txn_id
    WHERE t.txn_no IS NULL OR t.txn_no > r.txn_no OR o.txn_no < r.txn_no;
$$;
