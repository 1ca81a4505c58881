-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: why a witness gave no line: it is asked again 10 seconds later, then 20, 40, up to ten minutes, whatever is published meanwhile.
-- Outcomes: ok.
-- Locks: the row of the witness.
CREATE OR REPLACE FUNCTION log.note_witness(p_origin text, p_vkey text, p_reason text) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    UPDATE log.witness AS w SET failures = w.failures + 1, reason = p_reason, asked_at = pg_catalog.clock_timestamp(),
        next_at = pg_catalog.clock_timestamp() + LEAST(10 * pg_catalog.power(2, LEAST(w.failures, 6)), 600) * interval '1 second'
    WHERE w.vkey = p_vkey AND w.origin = p_origin;
    RETURN log.answer('ok', '{}');
END
$$;
