-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: an entry bundle: the entries behind the tile of level 0 with this number and width, each behind a big-endian 16-bit length.
-- Outcomes: ok with hex; not_found.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.read_entries(p_number bigint, p_width integer) RETURNS log.answer
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    b record;
BEGIN
    IF log.had_tile(0, p_number, p_width) THEN
        SELECT * INTO b FROM log.entry_bundles(p_number * 256, p_number * 256 + p_width);
        IF b.last - b.first + 1 = p_width THEN
            RETURN log.answer('ok', pg_catalog.jsonb_build_object('hex', pg_catalog.encode(b.bundle, 'hex')));
        END IF;
    END IF;
    RETURN log.refusal('not_found', 'no checkpoint had this bundle');
END
$$;
