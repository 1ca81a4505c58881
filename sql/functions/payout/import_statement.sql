-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: imports a bank file for a person: stages its last piece (a small file has no other) and books. p_sha256 NULL: not compared.
-- Outcomes: forbidden, and those of payout.import_file.
-- Locks: those of payout.import_file.
CREATE OR REPLACE FUNCTION payout.import_statement(p_actor uuid, p_bytes bytea, p_doc jsonb, p_import uuid DEFAULT NULL, p_sha256 text DEFAULT NULL) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_import uuid := COALESCE(p_import, log.new_id());
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer imports bank statements');
    END IF;
    PERFORM payout.stage_piece(v_import, 2147483647, p_bytes, p_doc);
    RETURN payout.import_file(p_actor, v_import, p_sha256);
END
$$;
