-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: what became of a file of the inbox folder; the treasurer is told of one that was refused.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.note_inbox(p_sha256 text, p_name text, p_outcome text, p_detail text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO payout.inbox_file (sha256, name, outcome, detail) VALUES (p_sha256, p_name, p_outcome, p_detail) ON CONFLICT DO NOTHING;
    IF p_outcome NOT IN ('imported', 'already_imported') THEN
        PERFORM payout.alert_treasurer('bank file ' || p_sha256, 'bank_file.refused', pg_catalog.jsonb_build_object('name', p_name, 'outcome', p_outcome, 'detail', p_detail));
    END IF;
    RETURN log.answer('ok', NULL);
END
$$;
