-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the headers of transactions p_from to p_to of a staged and matched file, as payout.post takes them; what waited in suspense is booked today.
-- Outcomes: rows.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.import_txns(p_actor uuid, p_import uuid, p_sha256 text, p_from integer, p_to integer) RETURNS TABLE (n integer, txn jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.n, pg_catalog.jsonb_build_object('txn_id', e.txn_id, 'kind', CASE e.kind WHEN 'payment' THEN 'batch_booked' WHEN 'return' THEN 'returned' ELSE e.kind END,
        'occurred_on', d.occurred_on, 'concerns', d.concerns, 'actor', p_actor, 'evidence_sha256', p_sha256, 'refs',
        CASE WHEN e.first_txn IS NULL THEN pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('kind', 'bank_entry', 'external_ref', b.entry_key)) ELSE '[]' END)
    FROM payout.import_entry AS e JOIN payout.bank_entry AS b ON b.id = e.entry_id
    JOIN (SELECT x.fresh, x.booked_on, y.occurred_on, y.concerns FROM (SELECT DISTINCT i.first_txn IS NULL AS fresh, f.booked_on FROM payout.import_entry AS i
              JOIN payout.bank_entry AS f ON f.id = i.entry_id WHERE i.import = p_import AND i.n BETWEEN p_from AND p_to) AS x
          CROSS JOIN LATERAL payout.booking_day(CASE WHEN x.fresh THEN x.booked_on ELSE payout.today() END) AS y) AS d
        ON d.fresh = (e.first_txn IS NULL) AND d.booked_on = b.booked_on
    WHERE e.import = p_import AND e.n BETWEEN p_from AND p_to;
$$;
