-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the next payments of a draft's file behind p_after (NULL: the first), in id order, with sealed accounts and the keys they are sealed under. With
--          the first come the sums of each p_block payments, which the file states before it lists them.
-- Outcomes: ok {payments, totals?}, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.load_payments(p_actor uuid, p_id uuid, p_after uuid, p_limit integer, p_block bigint) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer freezes batches');
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object(
        'totals', CASE WHEN p_after IS NULL THEN (SELECT pg_catalog.jsonb_agg(y.minor ORDER BY y.block) FROM (
            SELECT x.block, pg_catalog.sum(x.minor) AS minor FROM (SELECT (pg_catalog.row_number() OVER (ORDER BY p.id) - 1) / p_block AS block, p.minor
                FROM payout.payment AS p WHERE p.batch_id = p_id) AS x GROUP BY x.block) AS y) END,
        'payments', (SELECT COALESCE(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('id', x.id, 'subject', x.subject, 'minor', x.minor, 'remittance', x.remittance,
                'iban', pg_catalog.encode(x.iban_sealed, 'hex'), 'name', pg_catalog.encode(x.name_sealed, 'hex'),
                'details', pg_catalog.encode(x.details_sealed, 'hex'), 'wrapped', pg_catalog.encode(k.wrapped, 'hex')) ORDER BY x.id), '[]')
            FROM (SELECT p.id, COALESCE(p.member_id, p.bill_id) AS subject, p.minor,
                    COALESCE(b.remittance, (SELECT c.name FROM governance.charter_in_force AS c)) AS remittance,
                    COALESCE(e.iban_sealed, b.iban_sealed) AS iban_sealed, COALESCE(e.name_sealed, b.name_sealed) AS name_sealed,
                    COALESCE(e.details_sealed, b.details_sealed) AS details_sealed
                FROM payout.payment AS p LEFT JOIN payout.payee_account AS e ON e.id = p.payee_account_id LEFT JOIN payout.bill AS b ON b.id = p.bill_id
                WHERE p.batch_id = p_id AND (p_after IS NULL OR p.id > p_after) ORDER BY p.id LIMIT p_limit) AS x
            LEFT JOIN payout.member_key AS k ON k.member_id = x.subject)));
END
$$;
