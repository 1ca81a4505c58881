-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: keeps an authority's answer that was verified; p_time is what it says, in seconds since 1970.
-- Outcomes: ok.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.store_timestamp(p_size bigint, p_root text, p_token text, p_time bigint) RETURNS log.answer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO log.timestamp (size, root, token, time)
    VALUES (p_size, pg_catalog.decode(p_root, 'hex'), pg_catalog.decode(p_token, 'hex'), pg_catalog.to_timestamp(p_time)) ON CONFLICT DO NOTHING;
    RETURN log.answer('ok', '{}');
END
$$;
