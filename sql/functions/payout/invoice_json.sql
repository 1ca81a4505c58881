-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an invoice or credit note as people see it, with lines, VAT groups, slices, what is open and what was credited.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.invoice_json(p_id uuid) RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN (SELECT pg_catalog.jsonb_build_object('id', i.id, 'kind', i.kind, 'series', i.series, 'no', i.no, 'number', payout.invoice_number(i.series, i.no),
        'licensee', i.licensee, 'grant_id', i.grant_id, 'service_month', pg_catalog.to_char(i.service_month, 'YYYY-MM'), 'state', i.state,
        'issued_on', i.issued_on, 'due_on', i.due_on, 'reference', i.reference, 'doc_sha256', i.doc_sha256, 'txn_id', i.txn_id,
        'net', payout.money(i.net, i.currency), 'vat', payout.money(i.vat, i.currency), 'gross', payout.money(i.gross, i.currency),
        'open', payout.money(CASE WHEN i.state = 'draft' THEN i.gross ELSE payout.open_amount(i.id) END, i.currency), 'buyer', i.buyer, 'seller', i.seller,
        'credits', (SELECT pg_catalog.jsonb_build_object('id', c.id, 'number', payout.invoice_number(c.series, c.no)) FROM payout.invoice AS c WHERE c.id = i.credits),
        'reason', i.reason,
        'credit_notes', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', c.id, 'number', payout.invoice_number(c.series, c.no),
            'gross', payout.money(c.gross, c.currency)) ORDER BY c.no), '[]') FROM payout.invoice AS c WHERE c.credits = i.id AND c.state = 'issued'),
        'written_off', (SELECT pg_catalog.jsonb_build_object('net', payout.money(w.net, i.currency), 'vat', payout.money(w.vat, i.currency), 'vat_recoverable', w.vat_recoverable,
            'reason', w.reason, 'at', log.time_text(w.written_off_at), 'txn_id', w.txn_id) FROM payout.write_off AS w WHERE w.invoice_id = i.id),
        'lines', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('line', l.line, 'text', l.text, 'charge', l.charge, 'class', l.class,
            'units', l.units, 'net', l.net, 'vat_category', l.vat_category, 'vat_ppm', l.vat_ppm, 'vat', l.vat, 'usage_sha256', l.usage_sha256, 'credited_line', l.credited_line,
            'slices', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('pool', s.pool, 'month', pg_catalog.to_char(s.service_month, 'YYYY-MM'),
                'net', s.net) ORDER BY s.pool, s.service_month), '[]') FROM payout.revenue_slice AS s WHERE s.invoice_id = i.id AND s.line = l.line))
            ORDER BY l.line) FROM payout.invoice_line AS l WHERE l.invoice_id = i.id),
        'vat_groups', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('vat_category', g.vat_category, 'vat_ppm', g.vat_ppm, 'base', g.base,
            'tax', g.tax, 'text', payout.vat_text(g.vat_category)) ORDER BY g.vat_category, g.vat_ppm) FROM payout.invoice_vat AS g WHERE g.invoice_id = i.id))
    FROM payout.invoice AS i WHERE i.id = p_id);
END
$$;
