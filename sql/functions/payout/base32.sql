-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: Crockford base32 of a UUID: 26 digits, the big-endian number with zero bits in front. Byte by byte, because bit strings cost several times as
--          much, and a batch of many payments asks for each.
-- Outcomes: none.
-- Locks: none.
CREATE OR REPLACE FUNCTION payout.base32(p_id uuid) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    v_bytes bytea := pg_catalog.uuid_send(p_id);
    v_rest integer := 0;
    v_bits integer := 2;
    v_text text := '';
BEGIN
    FOR i IN 0..15 LOOP
        v_rest := (v_rest << 8) | pg_catalog.get_byte(v_bytes, i);
        v_bits := v_bits + 8;
        WHILE v_bits >= 5 LOOP
            v_bits := v_bits - 5;
            v_text := v_text || pg_catalog.substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (v_rest >> v_bits) + 1, 1);
            v_rest := v_rest & ((1 << v_bits) - 1);
        END LOOP;
    END LOOP;
    RETURN v_text;
END
$$;
