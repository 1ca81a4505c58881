-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps the line of a witness that was verified under its key: it is published from now on.
-- Outcomes: ok.
-- Locks: the row of the witness.
CREATE OR REPLACE FUNCTION log.store_cosignature(p_origin text, p_vkey text, p_size bigint, p_root text, p_line text, p_time bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO log.cosignature (size, root, vkey, line, time)
    VALUES (p_size, pg_catalog.decode(p_root, 'hex'), p_vkey, p_line, pg_catalog.to_timestamp(p_time)) ON CONFLICT DO NOTHING;
    UPDATE log.witness AS w SET size = GREATEST(w.size, p_size), failures = 0, reason = NULL, asked_at = pg_catalog.clock_timestamp()
    WHERE w.vkey = p_vkey AND w.origin = p_origin;
    RETURN log.answer('ok', '{}');
END
$$;
