-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: gives entries of a staged file the payments they name by one rule. A payment goes to the first entry that names it, once; an entry that does not get
--          all it names gets none.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.claim_payments(p_import uuid, p_kind text, p_rule text) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    WITH named AS (
        SELECT f.entry_id, f.payment_id, f.rule, f.reason, pg_catalog.first_value(f.entry_id) OVER (PARTITION BY f.payment_id ORDER BY e.statement, e.ordinal) AS first,
               EXISTS (SELECT FROM payout.import_payment AS i JOIN payout.import_match AS o ON o.import = p_import AND o.entry_id = i.entry_id
                   WHERE i.import = p_import AND i.payment_id = f.payment_id AND o.kind = p_kind) AS given
        FROM payout.find_payments(p_import, p_rule) AS f JOIN payout.import_entry AS e ON e.import = p_import AND e.entry_id = f.entry_id),
    whole AS (SELECT n.entry_id, pg_catalog.min(n.rule) AS rule FROM named AS n GROUP BY n.entry_id HAVING pg_catalog.bool_and(n.first = n.entry_id AND NOT n.given)),
    kept AS (
        INSERT INTO payout.import_payment (import, entry_id, payment_id, reason)
        SELECT p_import, n.entry_id, n.payment_id, n.reason FROM named AS n JOIN whole AS w ON w.entry_id = n.entry_id)
    INSERT INTO payout.import_match (import, entry_id, kind, rule) SELECT p_import, w.entry_id, p_kind, w.rule FROM whole AS w;
$$;
