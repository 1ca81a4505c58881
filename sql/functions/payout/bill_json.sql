-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: a bill as the treasurer sees it, with its payments; the IBAN by country, check digits and last four.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.bill_json(p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    SELECT pg_catalog.jsonb_build_object('id', b.id, 'kind', b.kind, 'account', b.path, 'amount', payout.money(b.minor, payout.currency()), 'iban_hint', b.iban_hint,
        'reference', b.remittance, 'licensee', b.licensee, 'commitment_id', b.commitment_id, 'entry_id', b.entry_id, 'made_by', b.made_by,
        'made_at', log.time_text(b.made_at), 'withdrawn_at', log.time_text(b.withdrawn_at),
        'state', CASE WHEN b.withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE COALESCE((SELECT p.state FROM payout.payment AS p
            WHERE p.bill_id = b.id AND p.state <> 'cancelled' ORDER BY p.id DESC LIMIT 1), 'open') END,
        'payments', (SELECT COALESCE(pg_catalog.jsonb_agg(p.id ORDER BY p.id), '[]') FROM payout.payment AS p WHERE p.bill_id = b.id))
    FROM payout.bill AS b WHERE b.id = p_id;
$$;
