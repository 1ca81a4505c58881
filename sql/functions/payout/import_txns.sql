-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the headers of transactions p_from to p_to of a staged and matched file, and the entries they are, as payout.post_many takes them; what waited in suspense is
--          booked today.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.import_txns(p_actor uuid, p_import uuid, p_sha256 text, p_from integer, p_to integer, OUT txns payout.txn_draft[], OUT refs payout.ref_draft[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $$
    -- Once a day, not once an entry; and by indexes, whatever the planner believes of tables that were filled a moment ago.
    WITH day AS MATERIALIZED (
        SELECT x.day, y.occurred_on, y.concerns
        FROM (SELECT DISTINCT i.booked_on AS day FROM payout.import_txn AS i WHERE i.import = p_import AND i.n BETWEEN p_from AND p_to) AS x
        CROSS JOIN LATERAL payout.booking_day(x.day) AS y)
    SELECT pg_catalog.array_agg(ROW(t.n - p_from + 1, t.txn_id, NULL, d.occurred_on, CASE t.kind WHEN 'payment' THEN 'batch_booked' WHEN 'return' THEN 'returned' ELSE t.kind END,
               p_actor, NULL, p_sha256, NULL, d.concerns, NULL, NULL, NULL, NULL)::payout.txn_draft ORDER BY t.n),
           pg_catalog.array_agg(ROW(t.n - p_from + 1, 'bank_entry', b.entry_key)::payout.ref_draft ORDER BY t.n) FILTER (WHERE t.first_txn IS NULL)
    FROM payout.import_txn AS t JOIN payout.bank_entry AS b ON b.id = t.entry_id
    JOIN day AS d ON d.day = t.booked_on
    WHERE t.import = p_import AND t.n BETWEEN p_from AND p_to;
$$;
