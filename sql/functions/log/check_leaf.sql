-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Purpose: refuses what can be no entry of the transparency log (audit.md section 6), so that the transaction that wants to write it fails and the
--          sequencer never stands before it: an unknown type, a hash that is none, an id or a string that is not printable ASCII, a number that
--          is no integer of at most 18 digits, more than 65,535 bytes. Duplicate keys cannot be in a jsonb.
-- Outcomes: none; raises, because it is a bug of the caller.
-- Locks: none.
CREATE OR REPLACE FUNCTION log.check_leaf(p_type text, p_object_id text, p_sha256 text, p_body jsonb) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- The frame of an entry around its own texts, with the longest index of a previous leaf.
    c_frame CONSTANT integer := 200;
    v_text text := p_body::text;
    v_why text;
BEGIN
    v_why := CASE
        WHEN NOT EXISTS (SELECT FROM log.entry_type AS t WHERE t.type = p_type) THEN pg_catalog.format('there is no entry type %s', p_type)
        WHEN p_object_id IS NULL OR p_object_id ~ '[^ -~]' OR pg_catalog.length(p_object_id) NOT BETWEEN 1 AND 512 THEN 'its id is not 1 to 512 printable ASCII characters'
        WHEN p_sha256 IS NULL OR p_sha256 !~ '^[0-9a-f]{64}$' THEN 'it has no SHA-256'
        WHEN p_body IS NULL OR pg_catalog.jsonb_typeof(p_body) <> 'object' THEN 'its body is no object'
        WHEN v_text ~ '[^ -~]' OR pg_catalog.replace(v_text, '\\', '') ~ '\\[bfnrtu]' THEN 'its body holds a string that is not printable ASCII'
        WHEN pg_catalog.regexp_replace(v_text, '"(\\.|[^"\\])*"', '""', 'g') ~ '[.]|[0-9]{19}' THEN 'its body holds a number that is no integer of at most 18 digits'
        WHEN 2 * pg_catalog.octet_length(p_object_id) + pg_catalog.octet_length(v_text) + c_frame > 65535
            AND 2 * pg_catalog.octet_length(p_object_id) + pg_catalog.octet_length(log.canonical(p_body)) + c_frame > 65535 THEN 'it has over 65535 bytes'
        END;
    IF v_why IS NOT NULL THEN
        RAISE EXCEPTION 'log.append_leaf: % %: %', p_type, pg_catalog.left(p_object_id, 100), v_why USING ERRCODE = 'check_violation';
    END IF;
END
$$;
