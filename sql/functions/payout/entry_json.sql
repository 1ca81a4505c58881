-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a bank entry as people see it: what it was matched to, what notices added, and while it waits in suspense since when and what it may be.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.entry_json(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', e.id, 'statement_id', e.statement_id, 'account', a.name, 'key', e.entry_key, 'amount', payout.money(e.minor, a.currency),
        'fee', payout.money(e.fee_minor, a.currency), 'booked_on', e.booked_on, 'value_on', e.value_on, 'reference', e.reference, 'servicer_ref', e.servicer_ref,
        'reversal', e.reversal, 'return_reason', e.return_reason, 'detail', e.detail,
        'notices', (SELECT COALESCE(pg_catalog.jsonb_agg(n.detail ORDER BY n.at, n.id), '[]') FROM payout.bank_notice AS n
            WHERE n.bank_account_id = a.id AND n.servicer_ref = e.servicer_ref AND n.minor = e.minor),
        'matches', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('kind', m.kind, 'txn_id', m.txn_id, 'rule', m.rule,
            'at', log.time_text(m.at), 'by', m.matched_by, 'reason', m.reason)) ORDER BY m.step) FROM payout.entry_match AS m WHERE m.entry_id = e.id))
        || CASE WHEN payout.is_assignable(e.id) THEN pg_catalog.jsonb_build_object('suggestions', payout.suggest_matches(e),
            'suspense', (SELECT pg_catalog.jsonb_build_object('since', log.time_text(m.at), 'days', (pg_catalog.now()::date - e.booked_on),
                'overdue', e.booked_on < pg_catalog.now()::date - 30) FROM payout.entry_match AS m WHERE m.entry_id = e.id ORDER BY m.step DESC LIMIT 1)) ELSE '{}' END
        || COALESCE((SELECT pg_catalog.jsonb_build_object('sent_back_by', b.id) FROM payout.bill AS b WHERE b.entry_id = e.id AND b.withdrawn_at IS NULL), '{}')
    FROM payout.bank_entry AS e JOIN payout.bank_statement AS s ON s.id = e.statement_id JOIN payout.bank_account AS a ON a.id = s.bank_account_id
    WHERE e.id = p_id;
$$;
