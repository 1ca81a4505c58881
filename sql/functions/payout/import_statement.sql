-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: imports a bank file for a person: stages its last piece (a small file has no other) and books. p_sha256 NULL: not compared. A request waits only as long as
--          statement_timeout lets it: a file of more entries than are surely booked in that time (25,000 in 15 s) is not begun here.
-- Outcomes: forbidden, too_large, and those of payout.import_file.
-- Locks: those of payout.import_file.
CREATE OR REPLACE FUNCTION payout.import_statement(p_actor uuid, p_bytes bytea, p_doc jsonb, p_import uuid DEFAULT NULL, p_sha256 text DEFAULT NULL) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_import uuid := COALESCE(p_import, log.new_id());
    v_most numeric := NULLIF((SELECT s.setting::numeric FROM pg_catalog.pg_settings AS s WHERE s.name = 'statement_timeout'), 0) * 5 / 3;
BEGIN
    IF NOT governance.is_office(p_actor, 'treasurer') THEN
        RETURN log.refusal('forbidden', 'only the treasurer imports bank statements');
    END IF;
    IF (SELECT pg_catalog.count(*) FROM payout.import_entry AS e WHERE e.import = v_import)
        + COALESCE((SELECT pg_catalog.sum(pg_catalog.jsonb_array_length(s->'entries')) FROM pg_catalog.jsonb_array_elements(p_doc->'statements') AS s), 0) > v_most
        AND NOT EXISTS (SELECT FROM payout.bank_statement AS b WHERE b.file_sha256 = p_sha256) THEN
        PERFORM payout.drop_import(v_import);
        RETURN log.refusal('too_large', pg_catalog.format('an upload is booked while you wait, so it has at most %s entries: put a longer file into the inbox folder', pg_catalog.trunc(v_most)));
    END IF;
    PERFORM payout.stage_piece(v_import, 2147483647, p_bytes, p_doc);
    RETURN payout.import_file(p_actor, v_import, p_sha256);
END
$$;
