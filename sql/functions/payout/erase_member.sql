-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an erased member's lines and accounts can no longer be told from the log: the salts go. Where
--          nothing is owed, IBAN and name go too: their key is destroyed. No balance changes (Y11).
-- Outcomes: none.
-- Locks: the salts, the key.
CREATE OR REPLACE FUNCTION payout.erase_member(p_member uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE payout.run_salt AS s SET salts = pg_catalog.overlay(s.salts, pg_catalog.decode(pg_catalog.repeat('00', 32), 'hex'), (l.index % 32)::integer * 32 + 1)
    FROM payout.run AS r JOIN payout.run_line AS l ON l.run = r.id AND l.member_id = p_member WHERE s.run = l.run AND s.block = l.index / 32;
    DELETE FROM payout.payee_salt AS s USING payout.payee_account AS a WHERE s.id = a.id AND a.member_id = p_member;
    -- The account itself is kept while money is owed that must still reach it.
    WITH ended AS (
        DELETE FROM payout.member_key AS k WHERE k.member_id = p_member
            AND NOT EXISTS (SELECT FROM payout.balance AS b JOIN payout.account AS a USING (owner_id, account_id)
                WHERE b.owner_id = p_member AND b.minor < 0 AND a.path LIKE 'Liabilities:Member:%')
            AND NOT EXISTS (SELECT FROM payout.payment AS p WHERE p.member_id = p_member AND p.state IN ('queued', 'in_flight'))
        RETURNING k.member_id)
    INSERT INTO payout.payee_account_event (id, kind, reason)
    SELECT a.id, 'blocked', 'erased' FROM ended AS e JOIN payout.payee_account AS a ON a.member_id = e.member_id ON CONFLICT DO NOTHING;
$$;
