-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what credit notes before transaction p_no left of one line of an invoice.
-- Outcomes: 0 for a line that is none.
-- Locks: none.
CREATE OR REPLACE FUNCTION audit.net_left(p_invoice uuid, p_no bigint, p_line integer) RETURNS numeric
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = on
AS $$
    SELECT COALESCE((SELECT l.net FROM payout.invoice_line AS l WHERE l.invoice_id = p_invoice AND l.line = p_line), 0) - COALESCE((
        SELECT pg_catalog.sum(x.net) FROM payout.invoice AS n JOIN payout.txn AS t ON t.txn_id = n.txn_id AND t.txn_no < p_no
        JOIN payout.invoice_line AS x ON x.invoice_id = n.id AND x.credited_line = p_line WHERE n.credits = p_invoice), 0);
$$;
