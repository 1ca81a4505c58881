-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: the row of a bill and the key its account is sealed under. p_sealed: {id, wrapped, iban, name, details?, hint, reference}, bytes as hex.
-- Outcomes: none.
-- Locks: the primary keys.
CREATE OR REPLACE FUNCTION payout.store_bill(p_actor uuid, p_kind text, p_path text, p_minor bigint, p_sealed jsonb, p_licensee uuid, p_commitment uuid,
    p_entry uuid, p_txn uuid) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO payout.member_key (member_id, wrapped) VALUES ((p_sealed->>'id')::uuid, pg_catalog.decode(p_sealed->>'wrapped', 'hex'));
    INSERT INTO payout.bill (id, kind, path, minor, iban_sealed, name_sealed, details_sealed, iban_hint, remittance, licensee, commitment_id, entry_id, txn_id, made_by)
    VALUES ((p_sealed->>'id')::uuid, p_kind, p_path, p_minor, pg_catalog.decode(p_sealed->>'iban', 'hex'), pg_catalog.decode(p_sealed->>'name', 'hex'),
        pg_catalog.decode(p_sealed->>'details', 'hex'), p_sealed->>'hint', p_sealed->>'reference', p_licensee, p_commitment, p_entry, p_txn, p_actor);
$$;
