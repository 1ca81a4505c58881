-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a bank statement as people see it.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.statement_json(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', s.id, 'account', a.name, 'ref', s.statement_ref, 'sequence', s.sequence, 'from', s.from_on, 'to', s.to_on,
        'opening', payout.money(s.opening, a.currency), 'closing', payout.money(s.closing, a.currency), 'entries', s.entries,
        'matched', (SELECT COALESCE(pg_catalog.jsonb_object_agg(x.kind, x.n), '{}') FROM (SELECT m.kind, pg_catalog.count(*) AS n
            FROM payout.bank_entry AS e JOIN payout.entry_match AS m ON m.entry_id = e.id AND m.step = 1 WHERE e.statement_id = s.id GROUP BY m.kind) AS x),
        'imported_at', log.time_text(s.imported_at))
    FROM payout.bank_statement AS s JOIN payout.bank_account AS a ON a.id = s.bank_account_id WHERE s.id = p_id;
$$;
