-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: root of the Merkle tree of RFC 6962, section 2.1, over leaf hashes of 32 bytes laid end to end: SHA-256(01 || left || right),
--          SHA-256 of nothing for none. Pairing neighbours and carrying an odd last one up gives the RFC's tree. A level is one value,
--          since an array of a million hashes costs ten times as much; up to 2^25 leaves fit.
-- Outcomes: none; 64 hex digits.
-- Locks: none.
CREATE OR REPLACE FUNCTION metering.tree_root(p_hashes bytea) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_level bytea := COALESCE(p_hashes, ''::bytea);
    v_count integer := pg_catalog.octet_length(v_level) / 32;
BEGIN
    IF v_count = 0 THEN
        RETURN pg_catalog.encode(pg_catalog.sha256(''::bytea), 'hex');
    END IF;
    WHILE v_count > 1 LOOP
        SELECT pg_catalog.string_agg(CASE WHEN 2 * n + 1 < v_count THEN pg_catalog.sha256('\x01'::bytea || pg_catalog.substr(v_level, 64 * n + 1, 64))
                   ELSE pg_catalog.substr(v_level, 64 * n + 1, 32) END, ''::bytea ORDER BY n)
        INTO v_level FROM pg_catalog.generate_series(0, (v_count - 1) / 2) AS n;
        v_count := (v_count + 1) / 2;
    END LOOP;
    RETURN pg_catalog.encode(v_level, 'hex');
END
$$;
