-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: books a staged bank file, whole or not at all: the chain is checked, every booked entry becomes one transaction. The staged rows go, whatever
--          the outcome. p_actor NULL: the worker, from the inbox. p_sha256: of the file as it was read; NULL: not compared.
-- Outcomes: imported, already_imported, invalid, chain_broken, statement_conflict, bound_broken, unavailable.
-- Locks: advisory, one import at a time; then those of booking.
CREATE OR REPLACE FUNCTION payout.import_file(p_actor uuid, p_import uuid, p_sha256 text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp SET work_mem = '32MB'
AS $$
DECLARE
    v_sha256 text;
    v_answer log.answer;
BEGIN
    PERFORM pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('payout import', 0));
    -- The file as a whole is never held in a variable: it would be there until the end.
    SELECT pg_catalog.encode(pg_catalog.sha256(pg_catalog.string_agg(p.bytes, '' ORDER BY p.no)), 'hex') INTO v_sha256 FROM payout.import_piece AS p WHERE p.import = p_import;
    IF v_sha256 IS NULL OR v_sha256 <> COALESCE(p_sha256, v_sha256) THEN
        RETURN log.refusal('unavailable', 'the database was restarted while the file was read: send it again');
    END IF;
    v_answer := CASE WHEN EXISTS (SELECT FROM payout.bank_statement WHERE file_sha256 = v_sha256) OR EXISTS (SELECT FROM payout.bank_notice WHERE file_sha256 = v_sha256)
        THEN log.answer('already_imported', payout.import_json(v_sha256)) ELSE payout.check_import(p_import) END;
    IF v_answer.outcome IS NULL THEN
        INSERT INTO payout.evidence (sha256, media_type, bytes)
        SELECT v_sha256, 'application/xml', pg_catalog.string_agg(p.bytes, '' ORDER BY p.no) FROM payout.import_piece AS p WHERE p.import = p_import ON CONFLICT (sha256) DO NOTHING;
        IF EXISTS (SELECT FROM payout.import_statement WHERE import = p_import AND doc ? 'notice') THEN
            PERFORM payout.take_notices(p_import, v_sha256);
        ELSE
            PERFORM payout.store_import(p_actor, p_import, v_sha256);
            PERFORM payout.add_notices(p_import);
        END IF;
        -- Without figures the planner takes what was staged a moment ago for one row.
        ANALYZE payout.import_entry (import, entry_id, statement), payout.import_statement (import, no);
        PERFORM payout.match_receipts(p_import);
        PERFORM payout.match_payments(p_import);
        PERFORM payout.book_import(p_actor, p_import, v_sha256);
        v_answer := log.answer('imported', payout.import_json(v_sha256));
    END IF;
    PERFORM payout.drop_import(p_import);
    RETURN v_answer;
END
$$;
