-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: before a bank file is parsed: may this person import, and has it been imported already.
-- Outcomes: ok, already_imported, forbidden.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.open_import(p_actor uuid, p_sha256 text) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer imports bank statements');
    END IF;
    IF EXISTS (SELECT FROM payout.bank_statement WHERE file_sha256 = p_sha256) THEN
        RETURN log.answer('already_imported', payout.import_json(p_sha256));
    END IF;
    RETURN log.answer('ok', pg_catalog.jsonb_build_object('currency', payout.currency()));
END
$$;
